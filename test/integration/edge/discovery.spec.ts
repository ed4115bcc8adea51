import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { service as healthService } from "grpc-health-check";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

const bufPath = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");

/** Runs `buf curl` as a person would, knowing nothing but the address. */
async function bufCurl(...args: string[]): Promise<string> {
  const curl = [bufPath, "curl", "--protocol", "grpc", "--http2-prior-knowledge", ...args];
  const { stdout } = await promisify(execFile)(process.execPath, curl);
  return stdout;
}

describe("reflection", () => {
  it("lists the services and their methods", async () => {
    const services = (await bufCurl("--list-services", `http://${edge.grpc}`)).trim().split("\n");
    expect(services).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "sealpost.v1.AuditService",
      "sealpost.v1.DeliveryService",
      "sealpost.v1.EventService",
      "sealpost.v1.TenantService",
      "sealpost.v1.WebhookEndpointService",
    ]);
    const methods = await bufCurl("--list-methods", `http://${edge.grpc}`);
    expect(methods).toContain("sealpost.v1.EventService/PublishEvent");
  });

  it.each(["grpc-v1", "grpc-v1alpha"])(
    "describes enum and map fields over %s, so that a call can be made",
    async (version) => {
      const stdout = await bufCurl(
        ...["--reflect", "--reflect-protocol", version, "--header", "authorization: Bearer company"],
        ...["--data", '{"webhookId":"whe_1","statuses":["FAILED"]}'],
        `http://${edge.grpc}/sealpost.v1.DeliveryService/ListDeliveries`,
      );
      expect(JSON.parse(stdout)).toMatchObject({
        deliveries: [{ attempts: [{ outcome: "HTTP_5XX", responseHeaders: { "content-type": "text/plain" } }] }],
      });
    },
  );

  it("makes errors readable, with their details", async () => {
    const call = bufCurl("--reflect", "--data", "{}", `http://${edge.grpc}/sealpost.v1.TenantService/ListCompanies`);
    const { stderr } = await call.then(
      () => ({ stderr: "" }),
      (error: { stderr: string }) => error,
    );
    expect(JSON.parse(stderr)).toMatchObject({ code: "unauthenticated", details: [{ value: expect.any(String) }] });
  });
});

describe("health", () => {
  const healthClient = () => {
    const Health = grpc.makeGenericClientConstructor(healthService, "Health");
    return new Health(edge.grpc, grpc.credentials.createInsecure());
  };

  it("answers for the server and for each service, and follows what the process says", async () => {
    const client = healthClient();
    const check = (service: string) =>
      new Promise((resolve, reject) =>
        client["check"]?.({ service }, (error: Error | null, answer: unknown) =>
          error ? reject(error) : resolve(answer),
        ),
      );
    for (const service of ["", "sealpost.v1.EventService"]) expect(await check(service)).toEqual({ status: "SERVING" });
    edge.grpcServer.setServing(false);
    expect(await check("")).toEqual({ status: "NOT_SERVING" });
    edge.grpcServer.setServing(true);
    await expect(check("no.Such")).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
    client.close();
  });

  it("does not let a watch that never ends hold the drain", async () => {
    const own = await startEdge();
    const Health = grpc.makeGenericClientConstructor(healthService, "Health");
    const client = new Health(own.grpc, grpc.credentials.createInsecure());
    const watch = client["watch"]?.({ service: "" }) as grpc.ClientReadableStream<{ status: string }>;
    watch.on("error", () => {});
    await new Promise((resolve) => watch.once("data", resolve));
    await own.close();
    client.close();
  });
});

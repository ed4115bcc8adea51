import { get } from "node:https";
import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type Proc, type System, startSystem } from "../harness/system.ts";
import { until } from "../harness/wait.ts";
import { Mount, pem, servedName } from "../integration/edge/certificates.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ apis: 0, deliveries: 0, env: { LISTEN_ADDRESS: "127.0.0.1" } });
});
afterAll(() => system?.stop());

const production = { SEALPOST_MODE: "production" };
/** Whether reflection answers; anything but "there is no such service" instead is an error. */
async function describesItself(api: Proc): Promise<boolean> {
  const connection = new grpc.Client(api.grpc, grpc.credentials.createInsecure());
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const same = (bytes: Buffer) => bytes;
  const call = connection.makeBidiStreamRequest(path, same, same, new grpc.Metadata(), {});
  call.once("data", () => resolve(true));
  call.once("error", (error: grpc.ServiceError) => {
    if (error.code === grpc.status.UNIMPLEMENTED) resolve(false);
    else reject(error);
  });
  // list_services
  call.end(Buffer.from([0x3a, 0x00]));
  return promise.finally(() => connection.close());
}

const portOf = (address: string) => Number(address.split(":").at(-1));

it("an api in production does not start in plain text, and says both ways out", async () => {
  const refusal = /TLS_CERT_FILE is not set.*set it and TLS_KEY_FILE, or set ALLOW_PLAINTEXT_API=true/;
  await expect(system.addApi(production)).rejects.toThrow(refusal);
});

it("an api in production starts in plain text when that is set on purpose", async () => {
  const api = await system.addApi({ ...production, ALLOW_PLAINTEXT_API: "true" });
  expect((await fetch(`${api.http}/healthz`)).status).toBe(200);
});

it("an api describes itself to gRPC clients in development, and in production only when that is set", async () => {
  const plaintext = { ...production, ALLOW_PLAINTEXT_API: "true" };
  expect(await describesItself(await system.addApi())).toBe(true);
  expect(await describesItself(await system.addApi(plaintext))).toBe(false);
  expect(await describesItself(await system.addApi({ ...plaintext, GRPC_REFLECTION: "on" }))).toBe(true);
});

it("an api with a certificate speaks TLS on both ports, and follows the files", async () => {
  const mount = new Mount("server-1");
  const files = { TLS_CERT_FILE: mount.files.TLS_CERT_FILE, TLS_KEY_FILE: mount.files.TLS_KEY_FILE };
  const api = await system.addApi({ ...production, ...files });
  const ports = [portOf(api.http), portOf(api.grpc)];
  for (const port of ports) expect(await servedName(port)).toBe("server, first");
  const status = await new Promise((resolve, reject) => {
    const url = `${api.http.replace("http:", "https:").replace("127.0.0.1", "localhost")}/healthz`;
    get(url, { ca: pem("server-ca.pem") }, (answer) => resolve(answer.resume().statusCode)).once("error", reject);
  });
  expect(status).toBe(200);
  mount.change("server-2");
  for (const port of ports) {
    await until(async () => (await servedName(port)) === "server, second", { what: "the second certificate" });
  }
  const expiry = /sealpost_tls_certificate_expiry_timestamp_seconds\{use="api"\} 4\d{9}/;
  expect(await (await fetch(`${api.metrics}/metrics`)).text()).toMatch(expiry);
});

import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { verifierOf } from "../../../internal/receiver/verifier.ts";
import { newKeyPair, publicKeyText } from "../../../internal/signing/ed25519.ts";
import { newSecret } from "../../../internal/signing/secret.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import type { ReceivedRequest } from "../../harness/receiver.ts";
import { nothing, Road } from "../../harness/road.ts";
import { type System, startSystem } from "../../harness/system.ts";
import { until } from "../../harness/wait.ts";

interface ShownEndpoint {
  id: string;
  secret: string;
  signingKeys: { id: string; scheme: string; publicKey: string; expireTime?: string }[];
  headers: Record<string, string>;
}

const signatures = ({ headers }: ReceivedRequest) => String(headers["webhook-signature"]).split(" ");
const last = (road: Road) => road.receiver.requests.at(-1) as ReceivedRequest;

function verifies(secret: string, { headers, body }: ReceivedRequest): boolean {
  try {
    new Webhook(secret).verify(body.toString(), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Publishes one event and answers its request. */
async function delivered(road: Road): Promise<ReceivedRequest> {
  const seen = road.receiver.requests.length;
  await road.publish();
  await until(() => road.receiver.requests.length > seen, { what: "a delivery" });
  return last(road);
}

describe("a signing secret that is rotated", () => {
  it("signs beside the new one until its time in every process, without losing a delivery", async () => {
    await using road = await Road.start({ deliveries: 2 });
    const { id, secret: first } = await road.endpoint();
    const load = road.load({ parallel: 4, pauseMs: 2 });
    await until(() => road.receiver.requests.length > 20, { what: "deliveries" });

    const path = `/v1/webhooks/${id}/rotate-secret`;
    const rotated = await road.company.post<ShownEndpoint>(path, { overlap: "8s" });
    expect(rotated.status).toBe(200);
    const { secret: second, signingKeys } = rotated.body;
    expect(second).toMatch(/^whsec_/);
    expect(signingKeys).toMatchObject([{ scheme: "HMAC_SHA256" }, { expireTime: expect.any(String) }]);
    const answeredAt = Date.now();
    const endsAt = Date.parse(signingKeys[1]?.expireTime ?? "");

    await until(() => signatures(last(road)).length === 2, { what: "both signatures" });
    await until(() => Date.now() > endsAt && signatures(last(road)).length === 1, { what: "the old one to end" });
    await until(() => Date.now() > endsAt + 1000, { what: "some more deliveries" });
    await load.stop();
    expect(await road.nothingLost()).toEqual(nothing);

    // The new one soon after the answer, in both processes (2 s, where nothing else keeps the machine busy); the old one
    // until its time.
    const slack = 500;
    for (const request of road.receiver.requests) {
      const at = Number(request.headers["webhook-timestamp"]) * 1000;
      if (at > answeredAt + 5000) expect(verifies(second, request)).toBe(true);
      if (at + 1000 < endsAt - slack) expect(verifies(first, request)).toBe(true);
      if (at > endsAt + slack) expect(signatures(request)).toHaveLength(1);
    }
    const pods = await road.record.query("select distinct pod from webhook_delivery_attempts");
    expect(pods).toHaveLength(2);
  });
});

describe("a signing secret, in one process", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system?.stop());

  it("is replaced at once when it is compromised, and shown once", async () => {
    await using road = await Road.on(system);
    const { id, secret: first } = await road.endpoint();
    expect(verifies(first, await delivered(road))).toBe(true);
    const own = newSecret();
    const path = `/v1/webhooks/${id}/rotate-secret`;
    expect((await road.company.post<ShownEndpoint>(path, {})).status).toBe(200);
    const rotated = await road.company.post<ShownEndpoint>(path, { secret: own, compromised: true });
    expect(rotated.body).toMatchObject({ secret: own, signingKeys: [{ publicKey: "" }] });
    // Asked again by somebody who did not hear the answer.
    const again = await road.company.post<ShownEndpoint>(path, { secret: own, compromised: true });
    const { secret, signingKeys } = rotated.body;
    expect(again.body).toMatchObject({ secret, signingKeys });
    expect((await road.company.get<ShownEndpoint>(`/v1/webhooks/${id}`)).body).toMatchObject({
      secret: "",
      signingKeys,
    });
    await until(async () => signatures(await delivered(road)).length === 1, { what: "the old ones to be gone" });
    const request = await delivered(road);
    expect(verifies(own, request)).toBe(true);
    expect(verifies(first, request)).toBe(false);
  });

  it("may become an ed25519 key pair, over gRPC, with headers of the endpoint's own on every request", async () => {
    await using road = await Road.on(system);
    const grpc = grpcClients(road.system.apis[0]?.grpc ?? "", road.tenant.companyKey);
    try {
      const { id, secret } = await road.endpoint({ headers: { Authorization: "Bearer t0ken", "X-Tenant": "acme" } });
      const pair = newKeyPair();
      const rotated = await grpc.endpoints.rotateWebhookEndpointSecret<{
        secret: string;
        signingKeys: { scheme: string; publicKey: string }[];
        headers: Record<string, string>;
      }>({ webhookId: id, secret: pair });
      expect(rotated).toMatchObject({
        secret: pair,
        signingKeys: [{ scheme: "ED25519", publicKey: publicKeyText(pair) }, { scheme: "HMAC_SHA256" }],
        headers: { authorization: "", "x-tenant": "" },
      });
      await until(async () => signatures(await delivered(road)).length === 2, { what: "both signatures" });
      const request = last(road);
      expect(signatures(request)).toEqual([expect.stringMatching(/^v1a,/), expect.stringMatching(/^v1,/)]);
      const headers = request.headers as Record<string, string>;
      verifierOf("public", publicKeyText(pair)).verify(request.body.toString(), headers);
      expect(verifies(secret, request)).toBe(true);
      expect(headers).toMatchObject({ authorization: "Bearer t0ken", "x-tenant": "acme" });

      const updated = await road.company.patch<ShownEndpoint>(`/v1/webhooks/${id}`, {
        headers: { "X-Tenant": "", "X-New": "n3w" },
      });
      expect(updated.body.headers).toEqual({ "x-tenant": "", "x-new": "" });
      await until(async () => (await delivered(road)).headers["x-new"] === "n3w", { what: "the new header" });
      expect(last(road).headers).toMatchObject({ "x-tenant": "acme" });
      expect(last(road).headers).not.toHaveProperty("authorization");
    } finally {
      grpc.close();
    }
  });

  it("is refused with what is wrong: overlap, secret, and headers that nobody may set", async () => {
    await using road = await Road.on(system);
    const { id } = await road.endpoint();
    const path = `/v1/webhooks/${id}/rotate-secret`;
    for (const [body, says] of [
      [{ overlap: "604801s" }, "overlap: must be 0s to 604800s"],
      [{ overlap: "-1s" }, "overlap: must be 0s to 604800s"],
      [{ secret: "whsec_c2hvcnQ=" }, "secret: must hold 24 to 64 bytes"],
      [{ compromised: true, overlap: "1s" }, "overlap: must be absent or 0s"],
    ] as const) {
      expect(await road.company.post(path, body)).toMatchObject({ status: 400, text: expect.stringContaining(says) });
    }
    for (const [headers, says] of [
      [{ Host: "internal" }, "cannot be set"],
      [{ "x-a": "v\r\nx-b: 1" }, "visible ASCII"],
      [JSON.parse('{"__proto__": "x"}'), "cannot be set"],
      [{ "x-a": 5 }, "headers"],
    ] as const) {
      const answer = await road.company.patch(`/v1/webhooks/${id}`, { headers });
      expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(says) });
    }
    expect((await road.company.get<ShownEndpoint>(`/v1/webhooks/${id}`)).body).toMatchObject({
      headers: {},
      signingKeys: [{ scheme: "HMAC_SHA256" }],
    });
  });
});

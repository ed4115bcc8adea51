import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsKms } from "../../../internal/keyservice/aws-kms.ts";
import { KeyRefused } from "../../../internal/secrets/key-provider.ts";
import type { JsonService } from "../../harness/json-service.ts";
import { kmsKeyArn, startKmsEndpoint } from "../../harness/kms-endpoint.ts";

const context = { table: "webhook_endpoint_secrets", row: "1" };
const dataKey = randomBytes(32);

// Through the SDK's own requests, against an endpoint that answers them; not run against AWS.
describe("AWS KMS, as its SDK asks", () => {
  let endpoint: JsonService;
  let keys: AwsKms;
  const before = { ...process.env };

  beforeAll(async () => {
    endpoint = await startKmsEndpoint();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_KMS: endpoint.url,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
    keys = await AwsKms.open("alias/sealpost");
  });
  afterAll(async () => {
    process.env = before;
    keys.close();
    await endpoint.close();
  });

  it("wraps and unwraps, and names the key by its ARN", async () => {
    expect(await keys.currentKeyId()).toBe(kmsKeyArn);
    const key = await keys.wrap(dataKey, context);
    expect(key.keyId).toBe(kmsKeyArn);
    expect(key.wrapped.includes(dataKey)).toBe(false);
    expect(await keys.unwrap(key, context)).toEqual(dataKey);
    await keys.health();
  });

  it("refuses what is bound to another row, or was made by a key that is not there", async () => {
    const key = await keys.wrap(dataKey, context);
    await expect(keys.unwrap(key, { ...context, row: "2" })).rejects.toThrow(KeyRefused);
    await expect(keys.unwrap({ ...key, keyId: `${kmsKeyArn}0` }, context)).rejects.toThrow("does not exist");
  });

  it.each<[string, JsonService["fault"], RegExp]>([
    ["a role without permission", { status: 400, body: { __type: "AccessDeniedException", message: "no" } }, /AccessD/],
    ["an error of its own", { status: 500, body: { __type: "KMSInternalException", message: "oh" } }, /KMSInternal/],
    ["silence", "silent", /Timeout/],
  ])("says that it is unavailable on %s", async (_name, fault, says) => {
    const key = await keys.wrap(dataKey, context);
    endpoint.fault = fault;
    try {
      for (const call of [() => keys.wrap(dataKey, context), () => keys.unwrap(key, context), () => keys.health()]) {
        await expect(call()).rejects.toMatchObject({
          reason: "KEY_SERVICE_UNAVAILABLE",
          message: expect.stringMatching(says),
        });
      }
    } finally {
      endpoint.fault = undefined;
    }
  });
});

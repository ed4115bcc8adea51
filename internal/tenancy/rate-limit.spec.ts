import { describe, expect, it } from "@jest/globals";
import { newUuid } from "../domain/ids.ts";
import type { CallWindow } from "./ports.ts";
import { RateLimit } from "./rate-limit.ts";

const limits = { CHANGE: 10, READ: 600 };

/** A record that answers as it is told, once it is let go. */
function setup(answer: Awaited<ReturnType<CallWindow["take"]>>) {
  const asked: Parameters<CallWindow["take"]>[0][] = [];
  const gate = Promise.withResolvers<void>();
  const window: CallWindow = {
    async take(call) {
      asked.push(call);
      await gate.promise;
      return answer;
    },
  };
  return { asked, open: gate.resolve, rateLimit: new RateLimit(window) };
}

describe("a key's limit", () => {
  it("is one question to the record for all calls that come while one is open", async () => {
    const { asked, open, rateLimit } = setup({ granted: 30, waitMs: 0 });
    const keyId = newUuid();
    const first = rateLimit.take(keyId, "CHANGE", limits);
    await new Promise(setImmediate);
    const more = Array.from({ length: 29 }, () => rateLimit.take(keyId, "CHANGE", limits));
    await new Promise(setImmediate);
    open();
    await Promise.all([first, ...more]);
    expect(asked).toEqual([
      { keyId, operation: "CHANGE", limit: 10, calls: 1 },
      { keyId, operation: "CHANGE", limit: 10, calls: 29 },
    ]);
  });

  it("refuses with the wait, which later calls do not lengthen, without asking again", async () => {
    const { asked, open, rateLimit } = setup({ granted: 0, waitMs: 30_000 });
    open();
    const keyId = newUuid();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const error = await rateLimit.take(keyId, "CHANGE", limits).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        status: "RESOURCE_EXHAUSTED",
        reason: "RATE_LIMITED",
        message: expect.stringMatching(/may make 10 changes a minute .* wait 30 s, or ask .* \(operations_per_minute/),
      });
      waits.push((error as { details: { retryAfterMs: number } }).details.retryAfterMs);
    }
    expect(asked).toHaveLength(1);
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
  });

  it("counts each key and each kind of call by itself", async () => {
    const { asked, open, rateLimit } = setup({ granted: 1, waitMs: 0 });
    open();
    const keys = [newUuid(), newUuid()];
    for (const keyId of keys) {
      for (const operation of ["CHANGE", "READ"] as const) await rateLimit.take(keyId, operation, limits);
    }
    expect(asked.map(({ limit }) => limit)).toEqual([10, 600, 10, 600]);
  });

  it("lets nobody in when the record cannot be asked", async () => {
    const rateLimit = new RateLimit({ take: async () => Promise.reject(new Error("no record")) });
    await expect(rateLimit.take(newUuid(), "CHANGE", limits)).rejects.toThrow("no record");
  });
});

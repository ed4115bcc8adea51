import { beforeEach, describe, expect, it } from "@jest/globals";
import { ApiRefusal } from "../controller/ports.ts";
import { WebhookEndpointService } from "../rpc/gen/sealpost/v1/webhook_endpoint_pb.js";
import { Breaker, type Caller } from "./breaker.ts";

const method = WebhookEndpointService.method.getWebhookEndpoint;
const nobody = (message: string) => new ApiRefusal({ status: "UNAVAILABLE", reason: "", message });
const refused = (status: string, reason: string) => new ApiRefusal({ status, reason, message: reason });

describe("the breaker between the controller and the API", () => {
  let now: number;
  let breaker: Breaker;
  /** Calls that went through and have no answer yet, the oldest first. */
  let asked: { answer: () => void; fail: (error: ApiRefusal) => void }[];
  beforeEach(() => {
    now = 0;
    asked = [];
    const caller = {
      call: () => new Promise((resolve, reject) => asked.push({ answer: () => resolve({}), fail: reject })),
    };
    breaker = new Breaker(caller as unknown as Caller, () => now);
  });

  /** What comes of a call: "answered", what was said, or "waits". */
  async function call(): Promise<string> {
    return Promise.race([outcome(), new Promise<string>((wake) => setImmediate(wake, "waits"))]);
  }
  const outcome = () =>
    breaker.call(method, {}).then(
      () => "answered",
      (error: unknown) => (error as Error).message,
    );

  it("asks once a second while nobody answers, and tells the others at once what that one was told", async () => {
    const first = outcome();
    asked.shift()?.fail(nobody("refused"));
    expect(await first).toBe("refused");
    expect([await call(), await call()]).toEqual(["refused", "refused"]);
    expect(asked).toHaveLength(0);
    now += 1000;
    const second = outcome();
    expect(await call()).toBe("refused");
    expect(asked).toHaveLength(1);
    asked.shift()?.fail(nobody("still refused"));
    expect([await second, await call()]).toEqual(["still refused", "still refused"]);
    now += 1000;
    const third = outcome();
    asked.shift()?.answer();
    expect(await third).toBe("answered");
    expect([await call(), await call()]).toEqual(["waits", "waits"]);
  });

  it("takes a refusal for an answer, also one that the API cannot do it now", async () => {
    for (const refusal of [refused("NOT_FOUND", "NOT_FOUND"), refused("UNAVAILABLE", "KEY_SERVICE_UNAVAILABLE")]) {
      const said = outcome();
      asked.shift()?.fail(refusal);
      expect(await said).toBe(refusal.message);
    }
    expect(await call()).toBe("waits");
  });

  it("lets calls through when one had no answer while others had", async () => {
    const slow = outcome();
    now += 10;
    const quick = outcome();
    now += 10;
    asked.pop()?.answer();
    expect(await quick).toBe("answered");
    now += 10_000;
    asked.pop()?.fail(refused("DEADLINE_EXCEEDED", ""));
    expect(await slow).toBe("");
    expect(await call()).toBe("waits");
  });
});

import { describe, expect, it } from "@jest/globals";
import type { ShownDelivery, ShownEndpoint, VerificationApi } from "./ports.ts";
import { verifyDelivery } from "./verify-delivery.ts";

/** What stands beside what verify makes; `createdMs` ago. */
function standing(id: string, description: string, createdMs: number): ShownEndpoint {
  const createdAt = new Date(Date.now() - createdMs);
  return { id, projectId: "", url: "http://r", events: ["*"], description, status: "ACTIVE", reason: "", createdAt };
}

const delivered: ShownDelivery = {
  id: "whd_1",
  region: "us",
  status: "SUCCEEDED",
  heldReason: "",
  failureReason: "",
  nextAttemptAt: undefined,
  attempts: [{ number: 1, outcome: "SUCCESS", httpStatus: 200, error: "", pod: "p", totalMs: 3 }],
};

/** An API that has these endpoints, and ends the delivery so. */
function api(endpoints: ShownEndpoint[], delivery: ShownDelivery): VerificationApi {
  return {
    endpoint: async (id) => endpoints.find((each) => each.id === id),
    endpoints: async () => [...endpoints],
    async createEndpoint({ url, description }) {
      const made = { ...standing("whe_made", description, 0), url };
      // The answer to the first call was lost, and it was made again.
      endpoints.push({ ...made, id: "whe_unanswered" }, made);
      return made;
    },
    async deleteEndpoint(id) {
      endpoints.splice(
        endpoints.findIndex((each) => each.id === id),
        1,
      );
    },
    publish: async () => ({ id: "evt_1", createdAt: new Date(), deliveryCount: 2 }),
    deliveryOf: async () => delivery,
  };
}

async function run(endpoints: ShownEndpoint[], whyNotGenuine: string | undefined, delivery = delivered) {
  const said: string[] = [];
  const receiver = { url: "http://r/verify", whyNotGenuine: async () => whyNotGenuine };
  const error = await verifyDelivery({
    api: api(endpoints, delivery),
    target: { workspaceId: "wsp_1", receiver },
    deadline: Date.now() + 10_000,
    say: (text) => said.push(text),
    signal: new AbortController().signal,
  }).then(
    () => "",
    ({ message }: Error) => message,
  );
  return { error, said, left: endpoints.map(({ id }) => id) };
}

describe("verify", () => {
  it("deletes what it made, unanswered calls included, and what a killed run left; nothing else", async () => {
    const made = "Made by verify, which deletes it again; run x";
    const endpoints = [
      standing("whe_theirs", "ours", 1e9),
      standing("whe_running", made, 60_000),
      standing("whe_left", made, 7_200_000),
    ];
    const { error, left, said } = await run(endpoints, "");
    expect(error).toBe("");
    expect(left).toEqual(["whe_theirs", "whe_running"]);
    expect(said).toContain("endpoint whe_left deleted, which an earlier run left");
  });

  it("does not pass without a genuine signature, whatever the record says", async () => {
    expect(await run([], "no known secret made this signature")).toMatchObject({
      error: "what the receiver got is not genuine: no known secret made this signature",
      left: [],
    });
    expect((await run([], undefined)).error).toContain("knows nothing of evt_1: who answered?");
  });

  it("says of a blocked address who may allow it", async () => {
    const attempt = {
      number: 5,
      outcome: "BLOCKED",
      httpStatus: 0,
      error: "10.0.0.1 is private",
      pod: "p",
      totalMs: 0,
    };
    const failed = { ...delivered, status: "FAILED", failureReason: "EXHAUSTED", attempts: [attempt] } as ShownDelivery;
    expect((await run([], "", failed)).error).toMatch(
      /FAILED \(EXHAUSTED\) after .*10.0.0.1 is private.*SetDeliveryNet/,
    );
  });
});

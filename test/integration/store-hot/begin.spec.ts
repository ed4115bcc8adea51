import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newUuid, uuidAt } from "../../../internal/domain/ids.ts";
import { beginRow, openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

/** A delivery whose first attempt failed: epoch 1, one attempt. */
async function waiting(): Promise<string> {
  const id = await store.acceptedOne();
  await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX" })]);
  return id;
}

describe("beginning an attempt", () => {
  it("commits it before its request leaves, and shows the delivery as SENDING", async () => {
    const id = await waiting();
    const row = beginRow(id, 1);
    expect(await store.deliveries.begin([row])).toEqual([{ kind: "begun", number: 2, scheduled: true }]);
    expect(await store.attempts(id)).toMatchObject([
      { number: 1 },
      { id: row.attemptId, number: 2, outcome: "IN_PROGRESS", pod: "pod-b", started_at: row.startedAt },
    ]);
    expect(await store.job(id)).toMatchObject({ status: "SENDING", attempt_count: 2, epoch: 1 });
  });

  it("again, after the answer got lost, finds its own attempt", async () => {
    const row = beginRow(await waiting(), 1);
    const first = await store.deliveries.begin([row]);
    expect(await store.deliveries.begin([row])).toEqual(first);
    expect(await store.numbersAndOutcomes(row.deliveryId)).toEqual(["1 HTTP_5XX", "2 IN_PROGRESS"]);
  });

  it("is refused to a message whose epoch has passed, or whose delivery is finished, gone or dropped", async () => {
    const [finished, moved] = [await store.acceptedOne(), await waiting()];
    await store.deliveries.settle([settleRow({ id: finished, endpointId: store.endpointId })]);
    const dropped = uuidAt(Date.now() - 300 * 86_400_000);
    const rows = [beginRow(finished, 0), beginRow(moved, 0), beginRow(newUuid(), 1), beginRow(dropped, 1)];
    expect(await store.deliveries.begin(rows)).toEqual(rows.map(() => ({ kind: "stale" })));
    expect(await store.numbersAndOutcomes(finished)).toEqual(["1 SUCCESS"]);
    expect(await store.numbersAndOutcomes(moved)).toEqual(["1 HTTP_5XX"]);
  });

  it("of a first message that was handed out before notes the attempt that died with its process", async () => {
    const id = await store.acceptedOne();
    expect(await store.deliveries.begin([beginRow(id, 0)])).toEqual([{ kind: "begun", number: 2, scheduled: true }]);
    expect(await store.attempts(id)).toMatchObject([
      { id, number: 1, outcome: "UNKNOWN", error: expect.stringContaining("process") },
      { number: 2, outcome: "IN_PROGRESS" },
    ]);
    expect(await store.job(id)).toMatchObject({ attempt_count: 2 });
  });

  it("notes it without counting when the delivery has moved on meanwhile", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.handOver([{ deliveryId: id, epoch: 0, queue: null }]);
    expect(await store.deliveries.begin([beginRow(id, 0)])).toEqual([{ kind: "stale" }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["0 UNKNOWN"]);
    expect(await store.job(id)).toMatchObject({ attempt_count: 0, status: "PENDING", epoch: 1 });
    expect(await store.deliveries.begin([beginRow(id, 1)])).toMatchObject([{ kind: "begun", number: 1 }]);
  });

  it("turns the one that died with its process into an UNKNOWN, which has counted already", async () => {
    const id = await waiting();
    await store.deliveries.begin([beginRow(id, 1)]);
    expect(await store.deliveries.begin([beginRow(id, 1)])).toMatchObject([{ kind: "begun", number: 3 }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 HTTP_5XX", "2 UNKNOWN", "3 IN_PROGRESS"]);
  });

  it("ends a delivery that has killed every process that tried it", async () => {
    const id = await store.acceptedOne();
    for (let number = 2; number <= 5; number++) {
      expect(await store.deliveries.begin([beginRow(id, 0)])).toMatchObject([{ kind: "begun", number }]);
    }
    expect(await store.deliveries.begin([beginRow(id, 0)])).toEqual([{ kind: "ended", reason: "EXHAUSTED" }]);
    expect(await store.job(id)).toMatchObject({ status: "FAILED", failure_reason: "EXHAUSTED", attempt_count: 5 });
    expect(await store.numbersAndOutcomes(id)).toEqual([1, 2, 3, 4, 5].map((number) => `${number} UNKNOWN`));
    expect(await store.deliveries.begin([beginRow(id, 0)])).toEqual([{ kind: "stale" }]);
  });

  it("ends at once where the schedule has one attempt only", async () => {
    const id = await store.acceptedOne();
    const row = beginRow(id, 0, { maxAttempts: 1 });
    expect(await store.deliveries.begin([row])).toEqual([{ kind: "ended", reason: "EXHAUSTED" }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 UNKNOWN"]);
  });

  it("may come twice for one delivery in a batch: the second finds the first", async () => {
    const id = await waiting();
    expect(await store.deliveries.begin([beginRow(id, 1), beginRow(id, 1)])).toMatchObject([
      { kind: "begun", number: 2 },
      { kind: "begun", number: 3 },
    ]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 HTTP_5XX", "2 UNKNOWN", "3 IN_PROGRESS"]);
  });

  it("of several processes at once gives each its number", async () => {
    const id = await waiting();
    const outcomes = await Promise.all([1, 2, 3].map(() => store.deliveries.begin([beginRow(id, 1)])));
    const numbers = outcomes.flat().map((outcome) => (outcome.kind === "begun" ? outcome.number : outcome.kind));
    expect(new Set(numbers)).toEqual(new Set([2, 3, 4]));
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 HTTP_5XX", "2 UNKNOWN", "3 UNKNOWN", "4 IN_PROGRESS"]);
  });
});

describe("a manual retry", () => {
  it("is one attempt more, however many there were", async () => {
    const id = await store.acceptedOne();
    const next = { status: "FAILED", reason: "EXHAUSTED" } as const;
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "TIMEOUT", next })]);
    const epoch = await store.retryByHand(id);
    expect(await store.deliveries.begin([beginRow(id, epoch, { maxAttempts: 1 })])).toEqual([
      { kind: "begun", number: 2, scheduled: false },
    ]);
  });

  it("whose process died is not made a second time", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })]);
    const epoch = await store.retryByHand(id);
    await store.deliveries.begin([beginRow(id, epoch)]);
    expect(await store.deliveries.begin([beginRow(id, epoch)])).toEqual([
      { kind: "ended", reason: "MANUAL_RETRY_FAILED" },
    ]);
    expect(await store.job(id)).toMatchObject({ status: "FAILED", failure_reason: "MANUAL_RETRY_FAILED" });
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 SUCCESS", "2 UNKNOWN"]);
  });

  it("whose message went to another stream before it began is still made", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })]);
    const epoch = await store.retryByHand(id);
    await store.deliveries.handOver([{ deliveryId: id, epoch, queue: "LANES_us" }]);
    expect(await store.deliveries.begin([beginRow(id, epoch + 1)])).toEqual([
      { kind: "begun", number: 2, scheduled: false },
    ]);
  });
});

describe("a first attempt that takes long", () => {
  const mark = (id: string) => ({
    deliveryId: id,
    epoch: 0,
    attemptId: id,
    startedAt: new Date(),
    pod: "pod-a",
  });

  it("shows as SENDING, with an attempt under way that its settling completes", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.markSending([mark(id)]);
    expect(await store.job(id)).toMatchObject({ status: "SENDING", attempt_count: 1, epoch: 0 });
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 IN_PROGRESS"]);
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "TIMEOUT" })]);
    expect(await store.job(id)).toMatchObject({ status: "RETRY_SCHEDULED", attempt_count: 1, epoch: 1 });
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 TIMEOUT"]);
  });

  it("becomes UNKNOWN when its process dies, without counting twice", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.markSending([mark(id)]);
    expect(await store.deliveries.begin([beginRow(id, 0)])).toMatchObject([{ kind: "begun", number: 2 }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 UNKNOWN", "2 IN_PROGRESS"]);
  });

  it("is not shown once it is settled or has moved on", async () => {
    const [settled, moved] = (await store.accepted(2)) as [string, string];
    await store.deliveries.settle([settleRow({ id: settled, endpointId: store.endpointId })]);
    await store.deliveries.handOver([{ deliveryId: moved, epoch: 0, queue: "LANES_us" }]);
    await store.deliveries.markSending([mark(settled), mark(moved), mark(newUuid())]);
    expect(await store.job(settled)).toMatchObject({ status: "SUCCEEDED", attempt_count: 1 });
    expect(await store.job(moved)).toMatchObject({ status: "PENDING", attempt_count: 0 });
  });
});

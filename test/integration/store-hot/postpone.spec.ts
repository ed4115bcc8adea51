import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { PostponeRow } from "../../../internal/delivery/ports.ts";
import { newUuid, type Uuid } from "../../../internal/domain/ids.ts";
import { beginRow, openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const notBefore = new Date(Date.now() + 600_000);

function postponeRow(deliveryId: Uuid, epoch = 0, attemptId = deliveryId, error = "the proxy is away"): PostponeRow {
  const timing = { dnsMs: 1, connectMs: 2, tlsMs: 0, firstByteMs: 0, totalMs: 3 };
  const attempt = { id: attemptId, outcome: "INTERNAL" as const, error, timing, pod: "pod-a", startedAt: new Date() };
  return { deliveryId, epoch, attempt, notBefore };
}

describe("postponing a delivery whose attempt never left", () => {
  it("leaves it as it was before: its first attempt is still to be made, and nobody is charged", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.postpone([postponeRow(id)]);
    expect(await store.job(id)).toMatchObject({
      status: "PENDING",
      attempt_count: 0,
      epoch: 1,
      queue: null,
      due_at: notBefore,
      held_reason: null,
    });
    expect(await store.attempts(id)).toEqual([
      expect.objectContaining({ number: 0, outcome: "INTERNAL", error: "the proxy is away", pod: "pod-a" }),
    ]);
    expect(await store.statistics()).toBeUndefined();
    const row = beginRow(id, 1);
    expect(await store.deliveries.begin([row])).toEqual([{ kind: "begun", number: 1, scheduled: true }]);
  });

  it("takes back a first attempt that was shown as SENDING", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.markSending([
      { deliveryId: id, epoch: 0, attemptId: id, startedAt: new Date(), pod: "pod-a" },
    ]);
    expect(await store.job(id)).toMatchObject({ status: "SENDING", attempt_count: 1 });
    await store.deliveries.postpone([postponeRow(id)]);
    expect(await store.job(id)).toMatchObject({ status: "PENDING", attempt_count: 0, epoch: 1 });
    expect(await store.numbersAndOutcomes(id)).toEqual(["0 INTERNAL"]);
  });

  it("leaves a retry its number, however often it is postponed, with one note", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX" })]);
    const before = await store.statistics();
    for (let epoch = 1; epoch < 8; epoch++) {
      const begun = beginRow(id, epoch);
      expect(await store.deliveries.begin([begun])).toEqual([{ kind: "begun", number: 2, scheduled: true }]);
      await store.deliveries.postpone([postponeRow(id, epoch, begun.attemptId, `the ${epoch}th time`)]);
      expect(await store.job(id)).toMatchObject({ status: "RETRY_SCHEDULED", attempt_count: 1, epoch: epoch + 1 });
    }
    expect(await store.attempts(id)).toEqual([
      expect.objectContaining({ number: 0, outcome: "INTERNAL", error: "the 7th time" }),
      expect.objectContaining({ number: 1, outcome: "HTTP_5XX" }),
    ]);
    expect(await store.statistics()).toEqual(before);
  });

  it("leaves a manual retry its one attempt", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })]);
    const epoch = await store.retryByHand(id);
    const begun = beginRow(id, epoch);
    await store.deliveries.begin([begun]);
    await store.deliveries.postpone([postponeRow(id, epoch, begun.attemptId)]);
    expect(await store.job(id)).toMatchObject({ status: "PENDING", attempt_count: 1, manual: true, epoch: epoch + 1 });
    const again = await store.deliveries.begin([beginRow(id, epoch + 1)]);
    expect(again).toEqual([{ kind: "begun", number: 2, scheduled: false }]);
  });

  it("does nothing to a delivery that went on meanwhile: finished, moved, taken over, gone", async () => {
    const [finished, moved, taken] = (await store.accepted(3)) as [Uuid, Uuid, Uuid];
    await store.deliveries.settle([settleRow({ id: finished, endpointId: store.endpointId })]);
    await store.deliveries.handOver([{ deliveryId: moved, epoch: 0, queue: "LANES_us" }]);
    // Another process was handed the message, found no attempt recorded, and makes its own.
    await store.deliveries.begin([beginRow(taken, 0)]);
    const before = await Promise.all([finished, moved, taken].map((id) => store.job(id)));
    await store.deliveries.postpone([finished, moved, taken, newUuid()].map((id) => postponeRow(id)));
    expect(await Promise.all([finished, moved, taken].map((id) => store.job(id)))).toEqual(before);
    expect(await store.numbersAndOutcomes(finished)).toEqual(["1 SUCCESS"]);
    expect(await store.numbersAndOutcomes(moved)).toEqual([]);
    expect(await store.numbersAndOutcomes(taken)).toEqual(["1 UNKNOWN", "2 IN_PROGRESS"]);
  });
});

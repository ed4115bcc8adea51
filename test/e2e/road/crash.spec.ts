import { describe, expect, it } from "@jest/globals";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

interface AttemptRow {
  job_id: string;
  number: number;
  outcome: string;
}

/** Deliveries published at once; the process dies with its third attempt while others are under way. */
const events = 8;

describe("a delivery process is killed with SIGKILL", () => {
  it.each([
    ["before the request", 0],
    ["during the request", 300],
    ["after the answer, before the record", 0],
    ["after the record, before the ack", 0],
  ])("%s: everything is delivered, every request is on record", async (point, answerAfterMs) => {
    await using road = await Road.start({
      deliveries: 0,
      answer: (_, response) => void setTimeout(() => response.end(), answerAfterMs),
    });
    await road.endpoint();
    const dying = await road.system.addDelivery({
      program: "test/harness/crashing-delivery.ts",
      env: { CRASH_POINT: point },
    });
    await Promise.all(Array.from({ length: events }, () => road.publish()));
    await until(() => !dying.running, { what: `the process to die ${point}` });
    await road.system.addDelivery();
    expect(await road.nothingLost(30_000)).toEqual(nothing);
    const attempts = await road.record.query<AttemptRow>(
      "select job_id, number, outcome from webhook_delivery_attempts",
    );
    expect(await road.record.states()).toEqual({ SUCCEEDED: events });
    const unknown = attempts.filter((attempt) => attempt.outcome === "UNKNOWN");
    const succeeded = attempts.filter((attempt) => attempt.outcome === "SUCCESS");
    expect(unknown.length + succeeded.length).toBe(attempts.length);
    expect(new Set(succeeded.map((attempt) => attempt.job_id)).size).toBe(events);
    // What may have left with the dead process counts as an attempt: the next one is the second.
    for (const { job_id } of unknown) {
      const numbers = attempts.filter((attempt) => attempt.job_id === job_id).map((attempt) => attempt.number);
      expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2]);
    }
    if (point !== "after the record, before the ack") expect(unknown.length).toBeGreaterThan(0);
    // One request for each success, and one at most for each attempt that died.
    expect(road.receiver.requests.length).toBeLessThanOrEqual(attempts.length);
  });
});

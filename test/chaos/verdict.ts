import { parseId } from "../../internal/domain/ids.ts";
import type { Record } from "../harness/record.ts";
import type { Kills } from "./killer.ts";
import type { Published } from "./publishers.ts";
import type { Seen } from "./receivers.ts";
import type { Rotations } from "./rotator.ts";

export interface Verdict {
  events: number;
  /** Accepted events × matching endpoints: what must end SUCCEEDED or FAILED. */
  accepted: number;
  succeeded: number;
  failed: number;
  /** Deliveries that did not end, or do not exist. */
  lost: string[];
  requests: number;
  /** Requests that came after one for the same event had been answered with success, per 1,000 deliveries. */
  duplicatesPer1000: number;
  /** Requests without an attempt row. */
  unrecorded: Seen[];
  /** Those of them that a killed process had under way when the broker lost its store: nobody was left to know. */
  unrecordedAtWipe: Seen[];
  /** Requests whose receiver would not have taken them: no signature of a secret that it held. */
  unverified: Seen[];
  clientErrors: Map<string, number>;
  kills: Map<string, number>;
  rotations: Rotations;
}

/** How long before a wipe a request may have left a process that was killed, in ms. */
const wipeWindowMs = 5000;

/** Holds what receivers and clients saw against the record. */
export async function judge(
  record: Record,
  seen: Seen[],
  { accepted, errors }: Published,
  endpointIds: string[],
  kills: Kills,
  rotations: Rotations,
): Promise<Verdict> {
  const missing = await withoutAttempt(record, seen);
  const atWipe = (request: Seen) =>
    kills.wipes.some((wipe) => request.receivedAt > wipe - wipeWindowMs && request.receivedAt < wipe + 1000);
  const states = await record.states();
  return {
    events: accepted.length,
    accepted: accepted.length * endpointIds.length,
    succeeded: states.SUCCEEDED ?? 0,
    failed: states.FAILED ?? 0,
    lost: await record.lost(accepted, endpointIds),
    requests: seen.length,
    duplicatesPer1000: (1000 * duplicates(seen)) / Math.max(1, accepted.length * endpointIds.length),
    unrecorded: missing.filter((request) => !atWipe(request)),
    unrecordedAtWipe: missing.filter(atWipe),
    unverified: seen.filter(({ verified }) => !verified),
    clientErrors: errors,
    kills: kills.counts,
    rotations,
  };
}

async function withoutAttempt(record: Record, seen: Seen[]): Promise<Seen[]> {
  const missing: Seen[] = [];
  for (let at = 0; at < seen.length; at += 10_000) {
    const page = seen.slice(at, at + 10_000);
    const rows = await record.query<{ nth: number }>(
      `select nth::int from unnest($1::uuid[], $2::uuid[]) with ordinality request(job_id, id, nth)
       where not exists (select from webhook_delivery_attempts a where a.job_id = request.job_id and a.id = request.id)`,
      [
        page.map(({ deliveryId }) => parseId("delivery", deliveryId)),
        page.map(({ attemptId }) => parseId("attempt", attemptId)),
      ],
    );
    for (const { nth } of rows) missing.push(page[nth - 1] as Seen);
  }
  return missing;
}

function duplicates(seen: Seen[]): number {
  const succeeded = new Set<string>();
  let again = 0;
  for (const { endpoint, eventId, status } of seen) {
    const delivery = `${endpoint} ${eventId}`;
    if (succeeded.has(delivery)) again++;
    if (status === 200) succeeded.add(delivery);
  }
  return again;
}

/** Whether the promises held. */
export function holds(verdict: Verdict): boolean {
  return verdict.lost.length === 0 && verdict.unrecorded.length === 0 && verdict.unverified.length === 0;
}

/** The verdict for a person to read. */
export function table(verdict: Verdict): string {
  const listed = (counts: Map<string, number>) =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  const total = (counts: Map<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rows: [string, string | number][] = [
    ["events accepted", verdict.events],
    ["deliveries owed", verdict.accepted],
    ["  succeeded", verdict.succeeded],
    ["  failed after all attempts", verdict.failed],
    ["lost", verdict.lost.length],
    ["requests seen by receivers", verdict.requests],
    ["duplicates per 1,000", verdict.duplicatesPer1000.toFixed(1)],
    ["unrecorded requests", verdict.unrecorded.length],
    ["  at the wipe, counted apart", verdict.unrecordedAtWipe.length],
    ["unverified requests", verdict.unverified.length],
    ["secrets rotated", verdict.rotations.rotations],
    [
      "re-wrapped with another key",
      `${verdict.rotations.rekeys} times, killed meanwhile ${verdict.rotations.rekeysKilled}`,
    ],
    ["client errors (tried again)", `${total(verdict.clientErrors)} (${listed(verdict.clientErrors)})`],
    ["kills", `${total(verdict.kills)} (${listed(verdict.kills)})`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(30)} ${value}`).join("\n");
}

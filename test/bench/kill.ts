import { setTimeout as sleep } from "node:timers/promises";
import type { Peer } from "./peer.ts";
import { Subject } from "./subject.ts";
import { saturating } from "./throughput.ts";

export interface KillResult {
  accepted: number;
  lost: number;
  duplicates: number;
  /** Of the worst delivery, against the usual one, in seconds. */
  worstLateSeconds: number;
}

/** One of two delivery processes is killed at saturation and started again at once. */
export async function killAtSaturation(peer: Peer, seconds: number): Promise<KillResult> {
  await using subject = await Subject.start(peer, { deliveries: 2 });
  await subject.run({ ...saturating.http, seconds: 3 });
  const [victim] = subject.system.deliveries;
  const { load, arrivals } = await subject.run({ ...saturating.http, seconds }, async () => {
    await sleep(seconds * 400);
    await victim?.kill();
    victim?.launch();
  });
  return {
    accepted: load.accepted,
    lost: load.accepted - arrivals.distinct,
    duplicates: arrivals.requests - arrivals.distinct,
    worstLateSeconds: (arrivals.max - arrivals.p50) / 1000,
  };
}

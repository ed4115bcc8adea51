import type { Peer } from "./peer.ts";
import { type BareLoop, bareLoop } from "./throughput.ts";

export const guardHead = [
  "connections",
  "delivered/s without",
  "with",
  "per CPU-s without",
  "with",
  "ratio per CPU-s",
  "ratio per s",
];

/** Of each kind. They take turns, so that a slow minute of the machine is both's. */
const rounds = 5;

/** The bare loop without and with the rules, medians of several runs each. */
export async function guardRow(peer: Peer, seconds: number, connections: "kept" | "new"): Promise<string[]> {
  const without: BareLoop[] = [];
  const guarded: BareLoop[] = [];
  for (let i = 0; i < rounds; i++) {
    without.push(await bareLoop(peer, seconds, ["unguarded", connections]));
    guarded.push(await bareLoop(peer, seconds, ["guarded", connections]));
  }
  const [perSecond, perCpu] = [median("perSecond"), median("perProcessorSecond")];
  const [seconds1, seconds2, cpu1, cpu2] = [perSecond(without), perSecond(guarded), perCpu(without), perCpu(guarded)];
  const ratios = [(cpu2 / cpu1).toFixed(3), (seconds2 / seconds1).toFixed(3)];
  const name = connections === "kept" ? "kept" : "a new one for each";
  return [name, ...[seconds1, seconds2, cpu1, cpu2].map((value) => value.toFixed(0)), ...ratios];
}

function median(figure: keyof BareLoop): (runs: BareLoop[]) => number {
  return (runs) => runs.map((run) => run[figure]).toSorted((a, b) => a - b)[runs.length >> 1] ?? 0;
}

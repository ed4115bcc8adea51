import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Load, Peer } from "./peer.ts";
import { parts, type Run, type Subject } from "./subject.ts";

const bareLoopProgram = fileURLToPath(new URL("./bare-loop.ts", import.meta.url));

/** Enough calls under way to keep two processors busy; more only makes each wait longer. */
export const saturating: { [P in Load["protocol"]]: Omit<Load, "port" | "key" | "seconds"> } = {
  http: { protocol: "http", connections: 64, window: 1000 },
  grpc: { protocol: "grpc", connections: 4, streams: 16, window: 1000 },
  batch: { protocol: "batch", connections: 4, streams: 2, batch: 50, window: 1000 },
};

export interface BareLoop {
  perSecond: number;
  perProcessorSecond: number;
}

/** (a): what sign and POST alone reach. */
export async function bareLoop(peer: Peer, seconds: number, more: string[] = []): Promise<BareLoop> {
  const args = ["--disable-warning=ExperimentalWarning", bareLoopProgram, String(peer.port), String(seconds), ...more];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result = JSON.parse(stdout) as { delivered: number; seconds: number; processorSeconds: number };
  return {
    perSecond: result.delivered / result.seconds,
    perProcessorSecond: result.delivered / result.processorSeconds,
  };
}

/** (b): the whole system, as much as it takes. */
export function saturate(subject: Subject, protocol: Load["protocol"], seconds: number): Promise<Run> {
  return subject.run({ ...saturating[protocol], seconds });
}

export function throughputRow(name: string, run: Run, bare: BareLoop | undefined): string[] {
  const { distinct } = run.arrivals;
  const used = parts.reduce((sum, part) => sum + run.usage[part], 0);
  const micros = parts.map((part) => ((run.usage[part] * 1e6) / distinct).toFixed(0));
  return [
    name,
    (run.load.accepted / run.load.seconds).toFixed(0),
    (distinct / run.seconds).toFixed(0),
    (distinct / used).toFixed(0),
    bare ? `${((100 * distinct) / used / bare.perProcessorSecond).toFixed(0)} %` : "-",
    micros.join(" / "),
    `${run.arrivals.p50} / ${run.arrivals.p99}`,
    String(run.load.refused + (run.arrivals.requests - distinct)),
    `${(100 * run.disturbance).toFixed(0)} %`,
  ];
}

export const throughputHead = [
  "publish over",
  "accepted/s",
  "delivered/s",
  "per CPU-s",
  "of (a)",
  `µs each: ${parts.join(" / ")}`,
  "accept → receive p50 / p99 ms",
  "refused + duplicates",
  "taken by others",
];

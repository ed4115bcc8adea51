import { healthyAmong, type Peer } from "./peer.ts";
import { type Run, Subject } from "./subject.ts";
import { saturating } from "./throughput.ts";

/** Events per second; a tenth of them for the healthy endpoint. */
export const isolationRate = 500;
const healthyPercent = 10;

export interface IsolationCase {
  name: string;
  /** Endpoints that share nine tenths of the traffic; 0: that traffic does not exist. */
  others: number;
  hanging: boolean;
}

export const isolationCases: IsolationCase[] = [
  { name: "healthy alone", others: 0, hanging: false },
  { name: "1,000 others, all answer", others: 1000, hanging: false },
  { name: "1 other, hangs", others: 1, hanging: true },
  { name: "10 others, all hang", others: 10, hanging: true },
  { name: "1,000 others, all hang", others: 1000, hanging: true },
];

/** (d): what a healthy endpoint notices of the others. A system of its own each: what hangs, hangs for long. */
export async function isolation(peer: Peer, { others, hanging }: IsolationCase, seconds: number): Promise<Run> {
  await using subject = await Subject.start(peer);
  for (let i = 0; i < others; i++) await subject.endpoint(hanging ? `/hang/${i}` : `/other/${i}`, `bench.hang.${i}`);
  const healthyRate = (isolationRate * healthyPercent) / 100;
  const load = { protocol: "http", connections: 64 } as const;
  // The healthy endpoint is known as such, and the code is compiled, before the others come.
  await subject.run({ ...saturating.http, seconds: 3 });
  if (others === 0) return await subject.run({ ...load, rate: healthyRate, seconds });
  return await subject.run({
    ...load,
    rate: isolationRate,
    healthy: healthyPercent,
    hangTypes: others,
    seconds,
  });
}

export const isolationHead = [
  "others",
  "healthy delivered",
  "p50 ms",
  "p99 ms",
  "max ms",
  "hanging requests",
  "taken by others",
];

export function isolationRow({ name, others }: IsolationCase, run: Run): string[] {
  const { accepted } = run.load;
  const owed = others === 0 ? accepted : healthyAmong(accepted, healthyPercent);
  const { distinct, p50, p99, max, hung } = run.arrivals;
  return [
    name,
    `${distinct} of ${owed}`,
    String(p50),
    String(p99),
    String(max),
    String(hung),
    `${(100 * run.disturbance).toFixed(0)} %`,
  ];
}

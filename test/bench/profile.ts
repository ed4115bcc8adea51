import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { printTable } from "./table.ts";

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** As V8 writes it (--cpu-prof). */
interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[];
  /** µs of the monotonic clock. */
  startTime: number;
  samples: number[];
  /** µs since the sample before. */
  timeDeltas: number[];
}

/** A part of a run, on the monotonic clock of the machine, in µs; and what it delivered. */
export interface Span {
  from: number;
  to: number;
  deliveries: number;
}

/** Lines shown of each table. */
const shown = 30;

/** Now, for a Span. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Prints where each process whose profile lies in `folder` spent its time during the span. */
export function printProfiles(folder: string, span: Span): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"))) {
    const profile = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Profile;
    const times = sampled(profile, span);
    const ours = ownersOf(profile);
    const program = profile.nodes.map(({ callFrame }) => /\/cmd\/(\w+)\.ts/.exec(callFrame.url)?.[1]).find(Boolean);
    console.log(`\n${program} (${file}), µs a delivery`);
    const byFunction = sum(times, (node) => nameOf(node.callFrame));
    const byOwner = sum(times, (node) => packageOf(ours.get(node.id) ?? node.callFrame));
    const byCaller = sum(times, (node) => nameOf(ours.get(node.id) ?? node.callFrame));
    print("package, with the built-in functions that it calls", byOwner, span);
    print("function, with the built-in functions that it calls", byCaller, span);
    print("function alone", byFunction, span);
  }

  function sum(times: Map<Profile["nodes"][number], number>, name: (node: Profile["nodes"][number]) => string) {
    const total = new Map<string, number>();
    for (const [node, time] of times) total.set(name(node), (total.get(name(node)) ?? 0) + time);
    total.delete("(idle)");
    return total;
  }
}

function print(head: string, times: Map<string, number>, { deliveries }: Span): void {
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times].toSorted(([, a], [, b]) => b - a).slice(0, shown);
  const row = (name: string, time: number) => [
    (time / deliveries).toFixed(1),
    `${((100 * time) / all).toFixed(1)} %`,
    name,
  ];
  printTable(["µs", "share", head], [row("(all)", all), ...rows.map(([name, time]) => row(name, time))]);
}

/** µs by node of the call tree, within the span. */
function sampled({ nodes, samples, timeDeltas, startTime }: Profile, { from, to }: Span) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<Profile["nodes"][number], number>();
  let now = startTime;
  samples.forEach((id, i) => {
    const took = timeDeltas[i] ?? 0;
    now += took;
    const node = byId.get(id);
    if (node && now >= from && now <= to) times.set(node, (times.get(node) ?? 0) + took);
  });
  return times;
}

/** For each node of Node's own code, the frame outside of it that called it. */
function ownersOf({ nodes }: Profile): Map<number, Frame> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, Frame>();
  // Parents come before their children.
  for (const { id, callFrame, children = [] } of nodes) {
    const owner = isBuiltIn(callFrame) ? owners.get(id) : callFrame;
    if (!owner) continue;
    for (const child of children) {
      const node = byId.get(child);
      if (node && isBuiltIn(node.callFrame)) owners.set(child, owner);
    }
  }
  return owners;
}

function isBuiltIn({ url }: Frame): boolean {
  return url === "" || url.startsWith("node:");
}

function nameOf(frame: Frame): string {
  const { functionName, url, lineNumber } = frame;
  return url === "" ? functionName : `${functionName || "(anonymous)"} ${short(url)}:${lineNumber + 1}`;
}

function packageOf(frame: Frame): string {
  const place = short(frame.url);
  return /^node_modules\/(@[^/]+\/)?[^/]+|^internal\/\w+|^node:[^/]*/.exec(place)?.[0] ?? (place || frame.functionName);
}

function short(url: string): string {
  return url.replace(/^file:\/\/.*?\/(node_modules|internal|cmd)\//, "$1/");
}

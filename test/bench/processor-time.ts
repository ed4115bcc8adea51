import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second (USER_HZ), whatever the kernel's own clock. */
const ticksPerSecond = 100;

interface Stat {
  pid: number;
  parent: number;
  /** Its own and that of its ended children, in ticks. */
  ticks: number;
}

/** Processor time of a process since it began, with its ended and living children, in seconds. Linux only. */
export function processorSeconds(pid: number): number {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));
  const family = new Set([pid]);
  // A child's number may be lower than its parent's: look until nobody is added.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid: one, parent } of all) if (family.has(parent)) family.add(one);
  }
  return all.reduce((sum, stat) => (family.has(stat.pid) ? sum + stat.ticks : sum), 0) / ticksPerSecond;
}

/** Fields of /proc/<pid>/stat as proc(5) numbers them; the name in brackets may hold anything. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return { pid, parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
  } catch {
    return undefined;
  }
}

/** Processor time of this process alone, in seconds. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Processor time that the whole machine has used since it was started, in seconds; waiting for disks is none. */
export function machineSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] =
    /^cpu\s+(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[0].split(/\s+/).map(Number) ?? [];
  return (user + nice + system + interrupts + softInterrupts) / ticksPerSecond;
}

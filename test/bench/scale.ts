import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Fleet, type FleetUsage, type Requests } from "./fleet.ts";
import { machineSeconds } from "./processor-time.ts";
import { printTable } from "./table.ts";

/** How long a controller that has nothing to do is watched, in s. */
const idleSeconds = 60;
/** Enough to see what the API server alone takes. */
const mostBare = 1000;

interface Phase {
  name: string;
  seconds: number;
  usage: FleetUsage;
  requests: Requests;
  /** Processors that were used by programs outside of the measurement. */
  others: number;
}

/** (f): so many resources at once, then nothing to do, then a restart. Prints what it measures. */
export async function scale(resources: number, nodeArgs: string[]): Promise<void> {
  console.log(
    `\n(f) ${resources} WebhookEndpoints in one workspace; load of the machine before: ${loadavg().join(" ")}`,
  );
  await using fleet = await Fleet.start(resources, nodeArgs);
  const made = await measure(fleet, "applied until all are Ready", async () => {
    const startedAt = performance.now();
    const creating = fleet.create(resources).then(() => (performance.now() - startedAt) / 1000);
    await fleet.ready(resources, 1_200_000);
    console.log(`making them took ${(await creating).toFixed(1)} s of it`);
  });
  const memory = fleet.memory();
  const idle = await measure(fleet, "nothing to do", () => sleep(idleSeconds * 1000));
  const again = await measure(fleet, "restarted until all are seen", () => fleet.restart(resources));
  const afterwards = fleet.memory();
  const few = Math.min(resources, mostBare);
  const bare = await measure(fleet, `the same requests alone, for ${few} more`, () => fleet.bareWrites(few));

  printTable(
    ["phase", "s", "resources/s", "load by others"],
    [made, idle, again, bare].map(({ name, seconds, others }) => {
      const handled = name === bare.name ? few : resources;
      const perSecond = name === idle.name ? "-" : (handled / seconds).toFixed(0);
      return [name, seconds.toFixed(1), perSecond, `${(100 * others).toFixed(0)} % of a processor`];
    }),
  );
  printTable(
    ["processor time", "µs a resource", "idle, % of a processor", "restart, s", "requests alone, µs a resource"],
    Object.keys(made.usage).map((part) => [
      part,
      (((made.usage[part] ?? 0) * 1e6) / resources).toFixed(0),
      ((100 * (idle.usage[part] ?? 0)) / idle.seconds).toFixed(1),
      (again.usage[part] ?? 0).toFixed(2),
      (((bare.usage[part] ?? 0) * 1e6) / few).toFixed(0),
    ]),
  );
  printTable(
    ["requests to the API server", "a resource", "idle", "restart", "alone, a resource"],
    Object.keys(made.requests).map((name) => [
      name,
      ((made.requests[name] ?? 0) / resources).toFixed(3),
      String(idle.requests[name] ?? 0),
      String(again.requests[name] ?? 0),
      ((bare.requests[name] ?? 0) / few).toFixed(3),
    ]),
  );
  console.log(
    `memory of the controller: ${memory.highest.toFixed(0)} MiB at most, ${memory.now.toFixed(0)} MiB when all were ready, ` +
      `${afterwards.highest.toFixed(0)} MiB at most after the restart`,
  );
}

async function measure(fleet: Fleet, name: string, work: () => Promise<unknown>): Promise<Phase> {
  const [usageBefore, requestsBefore] = [fleet.usage(), await fleet.requests()];
  const machineBefore = machineSeconds();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const usage = difference(fleet.usage(), usageBefore);
  const others = (machineSeconds() - machineBefore - total(usage)) / seconds;
  const requests = difference(await fleet.requests(), requestsBefore);
  return { name, seconds, others, usage, requests };
}

function total(usage: FleetUsage): number {
  return Object.values(usage).reduce((sum, seconds) => sum + seconds, 0);
}

/** A process that was started again counts from zero. */
function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  const entries = Object.entries(after).map(([name, value]) => {
    const since = value - (before[name] ?? 0);
    return [name, since < 0 ? value : since];
  });
  return Object.fromEntries(entries) as Record<string, number>;
}

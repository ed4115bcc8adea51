import { setTimeout as sleep } from "node:timers/promises";
import type { NatsServer } from "../harness/nats.ts";
import type { PostgresServer } from "../harness/postgres.ts";
import type { Proc, System } from "../harness/system.ts";
import type { Random } from "./random.ts";

export interface Kills {
  /** How often each was killed. */
  counts: Map<string, number>;
  /** When the broker lost its store; ms since the epoch. */
  wipes: number[];
}

/** Bounds of the pause between two kills, in ms. */
const shortestPause = 500;
const longestPause = 2000;

/**
 * Kills the system's processes with SIGKILL, one after the other, for so long; each is started again at once, and
 * nobody waits until it is ready. Everything runs when it resolves.
 */
export async function killAtRandom(
  system: System,
  random: Random,
  forMs: number,
  say: (what: string) => void,
): Promise<Kills> {
  const kills: Kills = { counts: new Map(), wipes: [] };
  const began = Date.now();
  const nats = Object.values(system.nats)[0] as NatsServer;
  const postgres = system.postgres as PostgresServer;
  const procs = [...system.apis, ...system.deliveries];
  const strike = async (name: string, kill: () => Promise<void>) => {
    say(`${((Date.now() - began) / 1000).toFixed(1)} s: ${name}`);
    await kill();
    kills.counts.set(name, (kills.counts.get(name) ?? 0) + 1);
  };
  const restart = (proc: Proc) =>
    strike(proc.name, async () => {
      await proc.kill();
      proc.launch();
    });
  const restartNats = () =>
    strike("nats-server", async () => {
      await nats.kill();
      await nats.start();
    });
  const wipe = () =>
    strike("nats-server, with its store", async () => {
      await nats.wipe();
      kills.wipes.push(Date.now());
      await nats.start();
    });
  const restartPostgres = () =>
    strike("postgres", async () => {
      await postgres.kill();
      await sleep(random.between(100, 1000));
      await postgres.start();
    });
  // What happens only once or twice has its time; a short run has one Postgres crash.
  const planned = [
    { at: 0.3, strike: restartPostgres },
    { at: 0.55, strike: wipe },
    ...(forMs > 60_000 ? [{ at: 0.75, strike: restartPostgres }] : []),
  ];
  while (Date.now() - began < forMs) {
    await sleep(random.between(shortestPause, longestPause));
    const due = planned[0];
    if (due && Date.now() - began > due.at * forMs) {
      planned.shift();
      await due.strike();
    } else {
      await random.one([...procs.map((proc) => () => restart(proc)), restartNats])();
    }
  }
  for (const { strike: left } of planned) await left();
  await Promise.all(procs.map((proc) => proc.ready(120_000)));
  return kills;
}

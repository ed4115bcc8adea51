import { setTimeout as sleep } from "node:timers/promises";

/** A process that runs. */
export interface Running {
  readonly pid: number;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** In good order, by force after `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

export interface SupervisorOptions {
  name: string;
  /** Starts it; resolves when it does its work. Rejects when `stopping` is aborted before. */
  start: (stopping: AbortSignal) => Promise<Running>;
  /** After every start but the first. */
  onStartedAgain: () => void;
  /** A line for the person at the terminal. */
  say: (text: string) => void;
}

export interface Supervised {
  /** Of the process that runs now. */
  pid(): number;
  stop(withinMs: number): Promise<void>;
}

/** Pauses before a start, in ms: from the first to the longest, doubling; the first again after a run of `healthyMs`. */
const firstPause = 100;
const longestPause = 5_000;
const healthyMs = 10_000;

/**
 * Starts a process, and starts it again whenever it dies.
 * @throws what the first start throws: then there is nothing to supervise.
 */
export async function supervise({ name, start, onStartedAgain, say }: SupervisorOptions): Promise<Supervised> {
  const stopping = new AbortController();
  let running = await start(stopping.signal);

  async function watch(): Promise<void> {
    let pause = firstPause;
    let startedAt = Date.now();
    while (!stopping.signal.aborted) {
      const how = await running.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > healthyMs) pause = firstPause;
      say(`${name} died (${how}): starting it again`);
      while (!stopping.signal.aborted) {
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        pause = Math.min(pause * 2, longestPause);
        try {
          startedAt = Date.now();
          running = await start(stopping.signal);
          say(`${name} is back (pid ${running.pid})`);
          onStartedAgain();
          break;
        } catch (error) {
          if (stopping.signal.aborted) break;
          say(`${name} did not start: ${(error as Error).message}`);
        }
      }
    }
    // Stopped while it was being started.
    await running.stop(1000);
  }
  const watching = watch();

  return {
    pid: () => running.pid,
    async stop(withinMs) {
      stopping.abort();
      await running.stop(withinMs);
      await watching;
    },
  };
}

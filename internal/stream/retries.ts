import type { Consuming, Intake } from "../delivery/ports.ts";
import { PullLoop } from "./pull-loop.ts";
import type { RegionRoute } from "./region-route.ts";
import { RetryPace } from "./retry-pace.ts";
import type { Taken } from "./taken.ts";

export interface RetryOptions extends RegionRoute {
  /** How often to look for streams that another schedule left or made, ms. */
  refreshEveryMs?: number;
  /** The clock that due times are held against. */
  now?: () => number;
}

/** Takes retries of a region when they are due, from every RETRIES stream that exists. */
export function consumeRetries(options: RetryOptions, intake: Intake): Consuming {
  const { topology, connection, refreshEveryMs = 10_000 } = options;
  const tiers = new Map<string, Consuming>();
  const serve = (queue: string) => {
    if (!tiers.has(queue)) tiers.set(queue, consumeTier(options, queue, intake));
  };
  let stopped = false;
  const refresh = async () => {
    try {
      const found = await topology.retryQueues();
      if (!stopped) found.forEach(serve);
    } catch (error) {
      if (connection.session) options.onError(`the retry streams of ${topology.region} cannot be listed`, error);
    }
  };
  topology
    .wanted()
    .filter((queue) => queue.startsWith("RETRIES_"))
    .forEach(serve);
  const timer = setInterval(() => void refresh(), refreshEveryMs);
  const forget = connection.onUp(() => void refresh());
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      forget();
      await Promise.all([...tiers.values()].map((tier) => tier.stop()));
    },
  };
}

/** One tier: what is not due goes back to the server, which hands it out again when it is. */
function consumeTier(options: RetryOptions, queue: string, intake: Intake): Consuming {
  const now = options.now ?? Date.now;
  const pace = new RetryPace();
  let timer: NodeJS.Timeout | undefined;

  function admits(taken: Taken): boolean {
    const { dueAt } = taken.message;
    const time = now();
    if (dueAt <= time) {
      pace.due();
      return true;
    }
    taken.later(dueAt - time);
    pace.early(dueAt, time);
    return false;
  }

  function batch(free: number): number {
    const time = now();
    const count = pace.batch(free, time);
    clearTimeout(timer);
    timer = count > 0 ? undefined : setTimeout(() => loop.wake(), pace.restUntil - time);
    return count;
  }

  const loop: PullLoop = new PullLoop({ ...options, queue, intake, admits, batch });
  return {
    stop() {
      clearTimeout(timer);
      return loop.stop();
    },
  };
}

import type { Consuming, Intake } from "../delivery/ports.ts";
import type { RegionRoute } from "./region-route.ts";
import { RetryTier } from "./retry-tier.ts";

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
    if (!tiers.has(queue)) tiers.set(queue, new RetryTier(options, queue, intake, options.now ?? Date.now));
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

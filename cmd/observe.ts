import type { Database } from "../internal/store/database.ts";
import type { Regions } from "../internal/stream/regions.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";

/** How long what streams hold is remembered, in ms: asking costs two requests a stream. */
const backlogAgeMs = 5_000;

/** Connections to Postgres, read when they are asked for. */
export function observePools(metrics: Metrics, database: Pick<Database, "use">): void {
  metrics.onScrape(() => {
    for (const { pool, busy, idle, waiting, limit } of database.use()) {
      metrics.postgresConnections.set({ pool, state: "busy" }, busy);
      metrics.postgresConnections.set({ pool, state: "idle" }, idle);
      metrics.postgresConnectionsLimit.set({ pool }, limit);
      metrics.postgresWaiting.set({ pool }, waiting);
    }
  });
}

/** Whether each region's NATS is connected. Answers what to call at every change. */
export function observeConnections(
  { natsConnected, natsReconnects }: Metrics,
  regions: string[],
): (region: string, up: boolean) => void {
  const seen = new Set<string>();
  for (const region of regions) natsConnected.set({ region }, 0);
  return (region, up) => {
    natsConnected.set({ region }, up ? 1 : 0);
    if (up && seen.has(region)) natsReconnects.inc({ region });
    seen.add(region);
  };
}

/** Whether the key service works, told to who watches and to who reads. */
export function observeKeyService({ keyServiceUp }: Metrics, logger: Logger) {
  return (provider: string, up: boolean, why: string): void => {
    keyServiceUp.set({ provider }, up ? 1 : 0);
    if (up) logger.info(`the key service (${provider}) works`);
    else logger.error(`${why}; until then nothing is sent that it has to open, and no endpoint is made`);
  };
}

/** What the streams of these regions hold. A region that cannot be asked keeps its last values. */
export function observeBacklog(metrics: Metrics, { inspector }: Pick<Regions, "inspector">, regions: string[]): void {
  let readAt = 0;
  metrics.onScrape(async () => {
    if (Date.now() - readAt < backlogAgeMs) return;
    readAt = Date.now();
    await Promise.allSettled(
      regions.map(async (region) => {
        for (const { queue, kind, waiting, inFlight, bytes, maxBytes, oldest } of await inspector.backlog(region)) {
          const stream = { region, kind, stream: queue };
          metrics.streamMessages.set({ ...stream, state: "waiting" }, waiting);
          metrics.streamMessages.set({ ...stream, state: "in_flight" }, inFlight);
          const ageMs = oldest ? Math.max(0, Date.now() - oldest.getTime()) : 0;
          metrics.streamOldestSeconds.set(stream, ageMs / 1000);
          metrics.streamBytes.set(stream, bytes);
          metrics.streamBytesLimit.set(stream, maxBytes);
        }
      }),
    );
  });
}

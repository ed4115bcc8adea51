import type { TlsOptions } from "nats";
import type { StreamConsumers } from "../delivery/ports.ts";
import { Connection } from "./connection.ts";
import { consumeDeliveries } from "./deliveries.ts";
import { Inspector } from "./inspector.ts";
import { Lanes } from "./lanes.ts";
import { checkRegionName } from "./names.ts";
import { PublishRequests } from "./publish-requests.ts";
import { Publisher } from "./publisher.ts";
import type { RegionRoute } from "./region-route.ts";
import { consumeRetries } from "./retries.ts";
import { defaultStreamOptions, type StreamOptions } from "./stream-config.ts";
import { Topology } from "./topology.ts";

export interface RegionsOptions {
  /** NATS addresses by region; regions with the same addresses share a connection. */
  regions: Readonly<Record<string, readonly string[]>>;
  /** Seconds of each delay of the retry schedule. */
  retryTiers: readonly number[];
  /** Messages that each consumer asks for ahead: the number of deliveries that the process works on at once. */
  prefetch: number;
  /** Lanes that this process serves at once; more take turns. */
  maxOpenLanes?: number;
  streams?: Partial<StreamOptions>;
  /** Shown in the servers' lists of connections. */
  name?: string;
  /** A .creds file (JWT and nkey seed). */
  credentialsFile?: string;
  tls?: TlsOptions;
  /** Told of every change, for metrics and readiness. */
  onStatus?: (region: string, connected: boolean) => void;
  onError: (message: string, error: unknown) => void;
}

export interface Regions {
  publisher: Publisher;
  consumers: StreamConsumers;
  inspector: Inspector;
  /** Whether a region's NATS answers now. */
  isConnected(region: string): boolean;
  /** Sends what is in the buffers and ends the connections. Stop what consumes first. */
  close(): Promise<void>;
}

interface Route extends RegionRoute {
  requests: PublishRequests;
}

/**
 * The streams of every region. Returns at once: what cannot be reached now is connected, and its streams made,
 * as soon as it can.
 * @throws Error when a setting cannot be right: a region's name, an address, a credentials file.
 */
export function openRegions(options: RegionsOptions): Regions {
  const { onError } = options;
  const streams = { ...defaultStreamOptions, ...options.streams };
  Object.keys(options.regions).forEach(checkRegionName);
  const connections = new Map<string, Connection>();
  const routes = new Map<string, Route>();
  const requests = new Map<Connection, PublishRequests>();
  for (const [region, servers] of Object.entries(options.regions)) {
    const address = servers.join();
    const connection = connections.get(address) ?? new Connection({ ...options, servers }, onError);
    connections.set(address, connection);
    requests.set(connection, requests.get(connection) ?? new PublishRequests(connection));
    connection.onUp(() => options.onStatus?.(region, true));
    connection.onDown(() => options.onStatus?.(region, false));
    const topology = new Topology({ region, connection, streams, retryTiers: options.retryTiers, onError });
    const sending = requests.get(connection) as PublishRequests;
    routes.set(region, { connection, topology, requests: sending, prefetch: options.prefetch, onError });
  }

  function route(region: string): Route {
    const found = routes.get(region);
    if (!found) throw new Error(`region ${region} is not in this process's settings: add its NATS address`);
    return found;
  }

  return {
    publisher: new Publisher(routes, onError),
    consumers: {
      consumeDeliveries: async (region, intake) => consumeDeliveries(route(region), intake),
      consumeRetries: async (region, intake) => consumeRetries(route(region), intake),
      consumeLanes: async (region, intake) =>
        new Lanes(
          { ...route(region), streams, ...(options.maxOpenLanes && { maxOpen: options.maxOpenLanes }) },
          intake,
        ),
    },
    inspector: new Inspector(routes),
    isConnected: (region) => routes.get(region)?.connection.session !== undefined,
    async close() {
      for (const { topology } of routes.values()) topology.stop();
      for (const sending of requests.values()) sending.stop();
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}

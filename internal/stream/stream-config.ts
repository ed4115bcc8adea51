import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  nanos,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type { Uuid } from "../domain/ids.ts";
import { parseQueue, subjectOf, subjectPrefix } from "./names.ts";

/** What an installation may choose about its streams. */
export interface StreamOptions {
  /** Copies of each stream in the cluster: 1, 3 or 5. */
  replicas: number;
  /** File storage that each stream reserves, in bytes; a full stream refuses, and Postgres keeps the delivery. */
  maxBytes: number;
  /** Deliveries of one endpoint that a stream takes; the rest waits in Postgres. */
  maxPerEndpoint: number;
  /** First attempts that all pods together may hold unacked. */
  maxAckPending: number;
  /** Deliveries of one endpoint that all pods together may have in flight from its lane. */
  maxLaneInFlight: number;
  /** Endpoints whose lanes a region's server serves at once; a consumer costs it ~50 KB. */
  maxLanes: number;
}

export const defaultStreamOptions: StreamOptions = {
  replicas: 1,
  maxBytes: 10 * 1024 ** 3,
  maxPerEndpoint: 50_000,
  maxAckPending: 20_000,
  maxLaneInFlight: 16,
  maxLanes: 2000,
};

/** The consumer that all pods share on DELIVERIES and on each RETRIES stream. */
export const sharedConsumer = "workers";

/** A dead pod's deliveries come back after this long; who still works says so every 2 s. */
const ackWaitMs = 5000;
/** Above ~1,000 waiting redeliveries the server's timers come late (nats-server, consumer.go, checkPending). */
const maxWaitingRetries = 1000;
/** Ids of publications are remembered this long; they cost ~250 bytes each, and Postgres is the truth. */
const duplicateWindowMs = 120_000;
const deadLettersKeptMs = 30 * 24 * 3600 * 1000;
/** The server removes a lane's consumer that nobody has asked for this long; longer than any attempt takes. */
export const laneInactiveMs = 30_000;

export type WantedStream = Partial<StreamConfig> & { name: string };

/** How a stream is to be. */
export function streamConfig(queue: string, options: StreamOptions): WantedStream {
  const { kind } = parseQueue(queue);
  const common = {
    name: queue,
    subjects: [`${subjectPrefix(queue)}*`],
    storage: StorageType.File,
    max_bytes: options.maxBytes,
    num_replicas: options.replicas,
    duplicate_window: nanos(duplicateWindowMs),
  };
  if (kind === "dead") {
    // Dead letters never block an ack: the oldest make room.
    const max_age = nanos(deadLettersKeptMs);
    return { ...common, retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, max_age };
  }
  return {
    ...common,
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: options.maxPerEndpoint,
    discard_new_per_subject: true,
    max_consumers: kind === "lanes" ? options.maxLanes : 16,
  };
}

/** How the shared consumer of a stream is to be; undefined for streams that have none. */
export function consumerConfig(queue: string, options: StreamOptions): Partial<ConsumerConfig> | undefined {
  const { kind } = parseQueue(queue);
  if (kind === "dead" || kind === "lanes") return undefined;
  const max_ack_pending = kind === "retries" ? maxWaitingRetries : options.maxAckPending;
  return { ...workConsumer, durable_name: sharedConsumer, max_ack_pending };
}

/**
 * How the consumer of one endpoint's lane is to be. Its state lives in memory: it is short-lived, and every
 * message of a lane is held against the record before it is sent.
 */
export function laneConsumerConfig(queue: string, endpointId: Uuid, options: StreamOptions): Partial<ConsumerConfig> {
  return {
    ...workConsumer,
    durable_name: laneConsumer(endpointId),
    filter_subject: subjectOf(queue, endpointId),
    max_ack_pending: options.maxLaneInFlight,
    inactive_threshold: nanos(laneInactiveMs),
    mem_storage: true,
  };
}

export function laneConsumer(endpointId: Uuid): string {
  return `lane_${endpointId}`;
}

/** No `backoff` list: with one, the delay of a NAK would not be what it says. */
const workConsumer = {
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ackWaitMs),
  deliver_policy: DeliverPolicy.All,
  replay_policy: ReplayPolicy.Instant,
  // The record ends a delivery after its attempts; the broker never does.
  max_deliver: -1,
};

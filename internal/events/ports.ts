import type { Event } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";

/** What matching needs of an ACTIVE endpoint. */
export interface MatchableEndpoint {
  id: Uuid;
  projectId: Uuid | null;
  events: string[];
}

/** A workspace as the matcher sees it, read in one snapshot. */
export interface WorkspaceSnapshot {
  workspaceId: Uuid;
  companyId: Uuid;
  region: string;
  /** Raised in the transaction of every change to one of the workspace's endpoints. */
  endpointsVersion: number;
  projectIds: Set<Uuid>;
  endpoints: MatchableEndpoint[];
}

export interface WorkspaceReader {
  /** Undefined when there is no such workspace. */
  readSnapshot(workspaceId: Uuid): Promise<WorkspaceSnapshot | undefined>;
}

/** One event to be committed, with a delivery per matching endpoint. */
export interface AcceptRow {
  event: { id: Uuid; workspaceId: Uuid; projectId: Uuid | null; type: string; body: Buffer };
  region: string;
  /** The stream that will hold the deliveries. */
  queue: string;
  deliveries: { id: Uuid; endpointId: Uuid }[];
  /** The version matching was done with; another one in the record means: match again. */
  endpointsVersion: number;
  idempotency?: { key: string; bodyHash: Buffer };
}

export type AcceptOutcome =
  | { kind: "accepted" }
  /** The workspace's endpoints changed since matching; nothing was written. */
  | { kind: "endpointsMoved" }
  /** The idempotency key was used before; nothing was written. */
  | { kind: "duplicate"; bodyHash: Buffer; first: Event };

export interface EventRecord {
  /**
   * Commits all rows in one transaction: event, deliveries (PENDING, epoch 0, held by `queue`), idempotency
   * key. Rows may share an idempotency key: the first wins, the others are its duplicates.
   * @throws RowError when a row cannot be stored.
   */
  accept(rows: AcceptRow[]): Promise<AcceptOutcome[]>;
  /** An event with its delivered body. */
  readEvent(id: Uuid): Promise<(Event & { body: Buffer }) | undefined>;
}

export interface DeliveryPublisher {
  /** Hands committed deliveries to the stream. Never rejects: what fails, the sweeper publishes. */
  publish(messages: DeliveryMessage[]): void;
}

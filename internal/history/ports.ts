import type { AuditEntry } from "../domain/audit.ts";
import type { Attempt, Delivery } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import type { Scan, ScanRange } from "../domain/paging.ts";
import type { DeliveryStatus, EndpointStatus, PlanTier } from "../domain/states.ts";

/** A range of an endpoint's deliveries. */
export interface DeliveryRange extends ScanRange {
  endpointId: Uuid;
  /** Empty: all. */
  statuses: DeliveryStatus[];
}

export interface OwnEndpoint {
  id: Uuid;
  status: EndpointStatus;
}

export interface OwnDelivery {
  delivery: Delivery;
  /** Null when the endpoint's row is gone. */
  endpointStatus: EndpointStatus | null;
}

export interface RetryTerms {
  /** Looks at the company's plan, which stays so meanwhile; what it throws ends the retry with nothing written. */
  check(planTier: PlanTier): void;
  audit(before: DeliveryStatus): AuditEntry;
}

export type RetryOutcome =
  | { kind: "retrying"; message: DeliveryMessage }
  | { kind: "unfinished" }
  | { kind: "endpointDisabled" }
  | { kind: "endpointDeleted" }
  /** Its event is past its retention. */
  | { kind: "eventExpired" }
  | { kind: "absent" };

/** The record of what happened. Everything is looked up under its company. */
export interface HistoryRecord {
  /** A deleted endpoint's deliveries can still be read. */
  readEndpoint(companyId: Uuid, id: Uuid): Promise<OwnEndpoint | undefined>;
  /** Looks at a bounded number of rows, however rare the statuses are. Deliveries come without attempts. */
  scanDeliveries(range: DeliveryRange): Promise<Scan<Delivery>>;
  /** Attempts of all these deliveries, in the order they were made; without response bodies. */
  readAttempts(deliveryIds: Uuid[]): Promise<Attempt[]>;
  /** With its attempts and their response bodies. */
  readDelivery(companyId: Uuid, id: Uuid): Promise<OwnDelivery | undefined>;
  /**
   * Gives a finished delivery one more attempt: PENDING, manual, a new epoch, held by the DELIVERIES stream; and keeps
   * the audit entry, made from the status it had, in the same transaction.
   */
  retry(companyId: Uuid, id: Uuid, terms: RetryTerms): Promise<RetryOutcome>;
}

export interface Republisher {
  /** Hands a delivery that the record has given to the DELIVERIES stream to it. Never rejects: what fails, the sweeper
   *  publishes. */
  republish(message: DeliveryMessage): void;
}

import { createHash } from "node:crypto";
import { GroupCommit } from "../batching/group-commit.ts";
import type { Caller } from "../domain/caller.ts";
import type { Event } from "../domain/entities.ts";
import { DomainError, notFound } from "../domain/errors.ts";
import { formatId, newUuid, parseId, type Uuid, uuidTime } from "../domain/ids.ts";
import { type DeliveryMessage, queues } from "../domain/message.ts";
import type { EventApi, PublishInput } from "./api.ts";
import { auditData, auditEventType, hasAuditFields } from "./audit.ts";
import { buildEnvelope, envelopeData } from "./envelope.ts";
import { Matcher } from "./matcher.ts";
import type { AcceptOutcome, AcceptRow, DeliveryPublisher, EventRecord, WorkspaceReader } from "./ports.ts";
import { validatePublish } from "./validate.ts";

export interface EventServiceOptions {
  record: EventRecord;
  workspaces: WorkspaceReader;
  publisher: DeliveryPublisher;
  onAccepted?: (region: string, deliveries: number) => void;
  /** An event of a batch was refused, with this gRPC status; a single one's status is its call's. */
  onRefusedInBatch?: (status: string) => void;
  onCommit?: (rows: number, milliseconds: number) => void;
}

/** Endpoints may change between matching and committing; more often than this in a row nobody changes them. */
const maxMatches = 10;

/** A caller waits this much longer while others publish at the same time, ms; it saves a tenth of the processor time. */
const acceptLingerMs = 2;

/** Accepts events: validate, match, commit, then hand the deliveries to the stream. */
export class EventService implements EventApi {
  readonly #options: EventServiceOptions;
  readonly #matcher: Matcher;
  readonly #rows: GroupCommit<AcceptRow, AcceptOutcome>;

  constructor(options: EventServiceOptions) {
    this.#options = options;
    this.#matcher = new Matcher(options.workspaces);
    this.#rows = new GroupCommit({
      commit: (rows) => options.record.accept(rows),
      weigh: ({ event }) => event.body.length,
      lingerMs: acceptLingerMs,
      ...(options.onCommit && { onCommit: options.onCommit }),
    });
  }

  /** A change notice: the workspace is read again before its next event. */
  forgetWorkspace(workspaceId: Uuid): void {
    this.#matcher.forget(workspaceId);
  }

  async publish(caller: Caller, input: PublishInput): Promise<Event> {
    const workspaceId = publishingWorkspace(caller);
    validatePublish(input);
    const type = hasAuditFields(input) ? auditEventType : input.eventType;
    const bodyHash = input.idempotencyKey === "" ? undefined : contentHash(type, input);
    for (let i = 0; i < maxMatches; i++) {
      const matches = await this.#matcher.of(workspaceId);
      if (!matches) throw notFound("workspace", formatId("workspace", workspaceId));
      const projectId = this.#projectId(input.projectId, matches.snapshot.projectIds);
      if (projectId === undefined) {
        // The project may be younger than our copy of the workspace.
        this.#matcher.forget(workspaceId, matches);
        if (i > 0) throw notFound("project", input.projectId);
        continue;
      }
      const { region, endpointsVersion } = matches.snapshot;
      const event = { id: newUuid(), workspaceId, projectId, type };
      const acceptedAt = new Date(uuidTime(event.id));
      const data = type === auditEventType ? auditData(input, acceptedAt) : input.data;
      const row: AcceptRow = {
        event: { ...event, body: buildEnvelope(event, data) },
        region,
        queue: queues.deliveries(region),
        deliveries: matches.endpointIds(type, projectId).map((endpointId) => ({ id: newUuid(), endpointId })),
        endpointsVersion,
        ...(bodyHash && { idempotency: { key: input.idempotencyKey, bodyHash } }),
      };
      const outcome = await this.#rows.add(row);
      if (outcome.kind === "duplicate") return firstOf(outcome, row);
      if (outcome.kind === "accepted") {
        this.#options.publisher.publish(messagesOf(row, input.traceparent));
        this.#options.onAccepted?.(region, row.deliveries.length);
        return { ...event, createdAt: acceptedAt, deliveryCount: row.deliveries.length };
      }
      this.#matcher.forget(workspaceId, matches);
    }
    throw new DomainError("ABORTED", "ENDPOINTS_CHANGING", "the workspace's endpoints keep changing: try again", {
      retryAfterMs: 1000,
    });
  }

  publishBatch(caller: Caller, inputs: PublishInput[]): Promise<(Event | DomainError)[]> {
    publishingWorkspace(caller);
    return Promise.all(
      inputs.map((input) =>
        this.publish(caller, input).catch((error: unknown) => {
          // One event's fate is not the others': they may be committed already.
          const refused = error instanceof DomainError ? error : unexpected(error);
          this.#options.onRefusedInBatch?.(refused.status);
          return refused;
        }),
      ),
    );
  }

  async get(caller: Caller, eventId: string): Promise<Event & { data: Buffer }> {
    const id = parseId("event", eventId);
    const found = id && (await this.#options.record.readEvent(id));
    if (!found || !(await this.#mayRead(caller, found.workspaceId))) throw notFound("event", eventId);
    const { body, ...event } = found;
    return { ...event, data: envelopeData(event, body) };
  }

  async #mayRead(caller: Caller, workspaceId: Uuid): Promise<boolean> {
    if (caller.kind === "workspace") return caller.workspaceId === workspaceId;
    const matches = caller.kind === "company" ? await this.#matcher.of(workspaceId) : undefined;
    return caller.kind === "company" && matches?.snapshot.companyId === caller.companyId;
  }

  /** Null: no project asked for; undefined: not one of this workspace's. */
  #projectId(asked: string, projectIds: Set<Uuid>): Uuid | null | undefined {
    if (asked === "") return null;
    const id = parseId("project", asked);
    return id !== undefined && projectIds.has(id) ? id : undefined;
  }
}

function unexpected(cause: unknown): DomainError {
  return new DomainError("INTERNAL", "INTERNAL", "this event met an unexpected error: publish it again", { cause });
}

function publishingWorkspace(caller: Caller): Uuid {
  if (caller.kind === "workspace") return caller.workspaceId;
  throw new DomainError(
    "PERMISSION_DENIED",
    "WRONG_KEY_KIND",
    "events are published with a workspace key, not this one",
  );
}

function firstOf(outcome: Extract<AcceptOutcome, { kind: "duplicate" }>, row: AcceptRow): Event {
  if (row.idempotency && outcome.bodyHash.equals(row.idempotency.bodyHash)) return outcome.first;
  throw new DomainError(
    "ALREADY_EXISTS",
    "IDEMPOTENCY_KEY_REUSED",
    "this idempotency key was used for another event in the last 24 hours: use a new key for new content",
    { resource: { type: "event", name: formatId("event", outcome.first.id) } },
  );
}

/** What makes two publications the same event. */
function contentHash(type: string, input: PublishInput): Buffer {
  const hash = createHash("sha256");
  const parts = [
    type,
    input.projectId,
    input.category,
    input.action,
    input.occurredAt?.toISOString() ?? "",
    input.data,
    input.actor,
    input.target,
    input.metadata,
  ];
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest();
}

function messagesOf(row: AcceptRow, traceparent: string | undefined): DeliveryMessage[] {
  const dueAt = uuidTime(row.event.id);
  return row.deliveries.map(({ id, endpointId }) => ({
    deliveryId: id,
    endpointId,
    eventId: row.event.id,
    region: row.region,
    attempt: 1,
    epoch: 0,
    dueAt,
    body: row.event.body,
    ...(traceparent !== undefined && { traceparent }),
  }));
}

import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "@jest/globals";
import type { Delivery } from "../../domain/entities.ts";
import { newUuid } from "../../domain/ids.ts";
import { deliveryStatuses, endpointStatuses, outcomes, planTiers } from "../../domain/states.ts";
import {
  Delivery_Status,
  Delivery_StatusSchema,
  DeliveryAttempt_Outcome,
  DeliveryAttempt_OutcomeSchema,
  ListDeliveriesRequestSchema,
} from "../gen/sealpost/v1/delivery_pb.js";
import { Company_PlanTierSchema } from "../gen/sealpost/v1/tenant_pb.js";
import {
  UpdateWebhookEndpointRequestSchema,
  WebhookEndpoint_StatusSchema,
} from "../gen/sealpost/v1/webhook_endpoint_pb.js";
import { deliveryMessage, readList } from "./delivery-messages.ts";
import { readUpdate } from "./endpoint-messages.ts";

const at = new Date("2026-11-05T10:00:00.123Z");

function delivery(fields: Partial<Delivery>): Delivery {
  return {
    id: newUuid(),
    eventId: newUuid(),
    endpointId: newUuid(),
    workspaceId: newUuid(),
    eventType: "a.b",
    region: "eu",
    status: "PENDING",
    attemptCount: 0,
    nextAttemptAt: null,
    heldReason: null,
    failureReason: null,
    createdAt: at,
    updatedAt: at,
    attempts: [],
    ...fields,
  };
}

describe("states", () => {
  it.each([
    ["plan tiers", Company_PlanTierSchema, planTiers],
    ["endpoint statuses", WebhookEndpoint_StatusSchema, endpointStatuses],
    ["delivery statuses", Delivery_StatusSchema, deliveryStatuses],
    ["outcomes", DeliveryAttempt_OutcomeSchema, outcomes],
  ])("have the same names on the wire: %s", (_, schema, names) => {
    expect(schema.values.map(({ name }) => name)).toEqual([...names]);
  });
});

describe("deliveries", () => {
  it("show what is absent as absent, and what a receiver answered as text", () => {
    const shown = deliveryMessage(delivery({ status: "RETRY_SCHEDULED", heldReason: "ENDPOINT_DISABLED" }));
    expect(shown).toMatchObject({
      status: Delivery_Status.RETRY_SCHEDULED,
      heldReason: "ENDPOINT_DISABLED",
      failureReason: "",
    });
    expect(shown.nextAttemptTime).toBeUndefined();
    const timing = { dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: 4, totalMs: 5 };
    const attempt = {
      id: newUuid(),
      deliveryId: newUuid(),
      number: 0,
      httpStatus: null,
      error: "",
      startedAt: at,
      timing,
      pod: "p",
    };
    const { attempts } = deliveryMessage(delivery({ attempts: [{ ...attempt, outcome: "UNKNOWN", response: null }] }));
    expect(attempts[0]).toMatchObject({
      outcome: DeliveryAttempt_Outcome.UNKNOWN,
      httpStatus: 0,
      timing,
      responseBody: "",
    });
  });

  it("are asked for by state and time", () => {
    const statuses = [Delivery_Status.PENDING, Delivery_Status.FAILED];
    const asked = create(ListDeliveriesRequestSchema, { webhookId: "whe_1", statuses, createdAfter: { seconds: 1n } });
    expect(readList(asked)).toMatchObject({ statuses: ["PENDING", "FAILED"], createdAfter: new Date(1000) });
    const nowhere = create(ListDeliveriesRequestSchema, { createdBefore: { seconds: 9_000_000_000_000n } });
    expect(() => readList(nowhere)).toThrow("created_before: must be a time between the years 1 and 9999");
  });
});

describe("updates", () => {
  const maskOf = (init: object) => readUpdate(create(UpdateWebhookEndpointRequestSchema, init)).updateMask;

  it("without a mask are of the fields that are present", () => {
    expect(maskOf({ url: "https://x", description: "" })).toEqual(["url", "description"]);
    expect(maskOf({ etag: "1" })).toEqual([]);
  });

  it("with a mask are of its fields, once each; * is all of them", () => {
    expect(maskOf({ url: "https://x", updateMask: { paths: ["events", "events"] } })).toEqual(["events"]);
    const all = ["url", "events", "description", "max_in_flight", "headers"];
    expect(maskOf({ updateMask: { paths: ["*"] } })).toEqual(all);
    expect(() => maskOf({ updateMask: { paths: ["secret"] } })).toThrow("cannot change secret: only url, events");
  });
});

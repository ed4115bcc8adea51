// Publishes one event over gRPC and says which deliveries that makes.
//
//   npm i @grpc/grpc-js @grpc/proto-loader      and a copy of Sealpost's folder proto/
//   SEALPOST_KEY=<workspace key> node docs/examples/publish.ts
import { promisify } from "node:util";
import type { ServiceClientConstructor, ServiceError } from "@grpc/grpc-js";
import { credentials, type GrpcObject, loadPackageDefinition, Metadata } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definition = loadSync("sealpost/v1/event.proto", {
  includeDirs: [process.env.SEALPOST_PROTO ?? "proto"],
  longs: String,
  enums: String,
  defaults: true,
});
const sealpost = (loadPackageDefinition(definition)["sealpost"] as GrpcObject)["v1"] as GrpcObject;
const EventService = sealpost["EventService"] as ServiceClientConstructor;
const client = new EventService(process.env.SEALPOST_GRPC ?? "localhost:50051", credentials.createInsecure());

interface PublishedEvent {
  id: string;
  eventType: string;
  deliveryCount: number;
}
const publishEvent = promisify(client["PublishEvent"]!.bind(client)) as (
  request: object,
  metadata: Metadata,
) => Promise<PublishedEvent>;

const metadata = new Metadata();
metadata.set("authorization", `Bearer ${process.env.SEALPOST_KEY}`);
try {
  const event = await publishEvent(
    {
      eventType: "invoice.paid",
      // JSON text: delivered byte for byte.
      data: Buffer.from(JSON.stringify({ invoice: "in_1001", amount: "249.00", currency: "EUR" })),
      // Publishing again with this key gives this same event: safe to repeat after a timeout.
      idempotencyKey: process.env.IDEMPOTENCY_KEY ?? "invoice-in_1001-paid",
    },
    metadata,
  );
  console.log(`${event.id} (${event.eventType}) goes to ${event.deliveryCount} endpoint(s)`);
} catch (error) {
  const { code, details } = error as ServiceError;
  console.error(`not published: status ${code}, ${details}`);
  process.exitCode = 1;
} finally {
  client.close();
}

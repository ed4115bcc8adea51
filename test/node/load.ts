// A client of the API as its users write one: publishes over gRPC at a steady rate, and publishes again with the same
// idempotency key whatever was not answered, until it is. Runs in a pod of the product's image, from a ConfigMap.
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const {
  SEALPOST_GRPC = "",
  SEALPOST_KEY = "",
  EVENT_TYPE = "",
  EVENTS_PER_SECOND = "20",
  EVENTS = "Infinity",
} = process.env;

type Call = (
  request: object,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, event?: { id: string; deliveryCount: number }) => void,
) => void;
interface Loaded {
  sealpost: {
    v1: { EventService: new (...args: ConstructorParameters<typeof grpc.Client>) => { publishEvent: Call } };
  };
}
const definition = protoLoader.loadSync("sealpost/v1/event.proto", {
  includeDirs: ["/app/dist/proto"],
  defaults: true,
});
const { EventService } = (grpc.loadPackageDefinition(definition) as unknown as Loaded).sealpost.v1;
const client = new EventService(SEALPOST_GRPC, grpc.credentials.createInsecure(), {
  // A pod that is gone without a word is noticed.
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 1000,
  "grpc.max_reconnect_backoff_ms": 1000,
});
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${SEALPOST_KEY}`);

let again = 0;
/** What may have been accepted or may be accepted later; anything else is a defect. */
const passing = [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED, grpc.status.RESOURCE_EXHAUSTED];

async function publish(number: number): Promise<void> {
  const request = {
    eventType: EVENT_TYPE,
    data: Buffer.from(JSON.stringify({ number })),
    idempotencyKey: `${EVENT_TYPE}-${number}`,
  };
  for (;;) {
    const answer = await new Promise<grpc.ServiceError | { id: string; deliveryCount: number } | undefined>((resolve) =>
      client.publishEvent(request, metadata, { deadline: Date.now() + 5000 }, (error, event) =>
        resolve(error ?? event),
      ),
    );
    if (answer && "id" in answer)
      return console.log(JSON.stringify({ id: answer.id, deliveries: answer.deliveryCount }));
    const { code, message } = answer as grpc.ServiceError;
    if (!passing.includes(code)) throw new Error(`event ${number}: ${message}`);
    again++;
    await sleep(200);
  }
}

let stopping = false;
process.once("SIGTERM", () => {
  stopping = true;
});
const published: Promise<void>[] = [];
for (let number = 1; number <= Number(EVENTS) && !stopping; number++) {
  published.push(publish(number));
  await sleep(1000 / Number(EVENTS_PER_SECOND));
}
await Promise.all(published);
console.log(JSON.stringify({ accepted: published.length, again }));
process.exit(0);

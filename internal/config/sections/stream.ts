import { setting } from "../setting.ts";
import type { Regions } from "../values.ts";

/** NATS JetStream. */
export const stream = {
  SEALPOST_REGIONS: setting<Regions>({
    default: null,
    format: "regions",
    unit: "name=address list",
    doc: "Every region with the address of its NATS; servers of one cluster are separated by |.",
    // Users and passwords may stand in the addresses.
    sensitive: true,
    example: "us=nats://127.0.0.1:4222,eu=nats://127.0.0.1:4222",
  }),
  DELIVERY_REGIONS: setting<readonly string[]>({
    default: [],
    format: "region-names",
    unit: "names",
    doc: "The regions whose deliveries a delivery process makes.",
    shownDefault: "all of SEALPOST_REGIONS",
  }),
  NATS_CREDENTIALS_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "A .creds file for NATS servers that ask for one; a user and password may stand in the addresses instead.",
    shownDefault: "none",
  }),
  NATS_REPLICAS: setting<number>({
    default: 1,
    format: "whole",
    unit: "servers",
    max: 5,
    doc: "On how many servers of its cluster a stream is kept: 3 in production, 5 at most.",
  }),
  STREAM_MAX_BYTES: setting<number>({
    default: 10 * 2 ** 30,
    format: "bytes",
    unit: "bytes",
    doc: "The size at which a stream takes no more; what it refuses waits in Postgres.",
  }),
  STREAM_MAX_PER_ENDPOINT: setting<number>({
    default: 50_000,
    format: "whole",
    unit: "messages",
    doc: "How many waiting messages of one endpoint a stream takes; what it refuses waits in Postgres.",
  }),
} as const;

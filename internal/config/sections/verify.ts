import { setting } from "../setting.ts";

/** An event published and followed to its receiver. */
export const verify = {
  VERIFY_API_URL: setting<string>({
    default: null,
    format: "http-url",
    unit: "address",
    doc: "Where the API serves gRPC to verify: https://, or http:// for plain text.",
    example: "https://sealpost-api.sealpost-system.svc:50051",
  }),
  VERIFY_API_CA_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The authorities (PEM) that may sign the API's certificate.",
    shownDefault: "those that Node.js knows",
  }),
  VERIFY_API_CLIENT_CERT_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The certificate (PEM) that verify shows to the API, where that asks for one (TLS_CLIENT_CA_FILE).",
    shownDefault: "none",
  }),
  VERIFY_API_CLIENT_KEY_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The private key (PEM) of VERIFY_API_CLIENT_CERT_FILE.",
    shownDefault: "none",
  }),
  VERIFY_COMPANY_KEY: setting<string>({
    default: null,
    format: "secret",
    unit: "text",
    doc: "The company key with which verify manages its endpoint and reads deliveries.",
    sensitive: true,
  }),
  VERIFY_WORKSPACE_KEY: setting<string>({
    default: null,
    format: "secret",
    unit: "text",
    doc: "The workspace key with which verify publishes.",
    sensitive: true,
  }),
  VERIFY_WORKSPACE_ID: setting<string>({
    default: null,
    format: "name-or-none",
    unit: "id",
    doc: "The workspace in which verify makes its temporary endpoint.",
    needed: { when: "with VERIFY_RECEIVER_URL", in: (env) => Boolean(env["VERIFY_RECEIVER_URL"]) },
  }),
  VERIFY_RECEIVER_URL: setting<string>({
    default: null,
    format: "http-url",
    unit: "address",
    doc: "A receiver of Sealpost's own (the command receiver) to which verify makes a temporary endpoint.",
    example: "http://sealpost-receiver.sealpost-system.svc.cluster.local",
    needed: { when: "without VERIFY_ENDPOINT_ID", in: (env) => !env["VERIFY_ENDPOINT_ID"] },
  }),
  VERIFY_ENDPOINT_ID: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "id",
    doc: "An endpoint that is there already, whe_…, which takes sealpost.verify or every event: instead of a receiver.",
    shownDefault: "none",
  }),
  VERIFY_TIMEOUT: setting<number>({
    default: 120_000,
    format: "duration",
    unit: "duration",
    doc: "How long verify waits for the API and the delivery; the first retry comes after a minute.",
  }),
} as const;

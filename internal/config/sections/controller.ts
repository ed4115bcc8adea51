import { setting } from "../setting.ts";

/** From Kubernetes resources to endpoints. */
export const controller = {
  CONTROLLER_API_URL: setting<string>({
    default: null,
    format: "http-url",
    unit: "address",
    doc: "Where the API serves gRPC to the controller: https://, or http:// for plain text.",
    example: "https://sealpost-api.sealpost-system.svc:50051",
  }),
  CONTROLLER_API_KEY: setting<string>({
    default: null,
    format: "secret",
    unit: "text",
    doc: "The company key that the controller manages endpoints with; it serves the workspaces of that company.",
    sensitive: true,
    needed: { when: "without CONTROLLER_API_KEY_FILE", in: (env) => !env["CONTROLLER_API_KEY_FILE"] },
  }),
  CONTROLLER_API_KEY_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "A file with that key, followed when it changes; while there is none, CONTROLLER_API_KEY counts.",
    shownDefault: "none",
  }),
  CONTROLLER_API_CA_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The authorities (PEM) that may sign the API's certificate. Changed files are followed, here and below.",
    shownDefault: "those that Node.js knows",
  }),
  CONTROLLER_API_CLIENT_CERT_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The certificate (PEM) that the controller shows to the API, where that asks for one (TLS_CLIENT_CA_FILE).",
    shownDefault: "none",
  }),
  CONTROLLER_API_CLIENT_KEY_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The private key (PEM) of CONTROLLER_API_CLIENT_CERT_FILE.",
    shownDefault: "none",
  }),
  CONTROLLER_NAMESPACES: setting<readonly string[]>({
    default: [],
    format: "namespaces",
    unit: "names",
    doc: "The namespaces that the controller serves, for which it needs rights in these only.",
    shownDefault: "all",
  }),
  CONTROLLER_CLUSTER_NAME: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "What the API knows this cluster by; changing it later makes the endpoints' managers unrecognisable to people.",
    shownDefault: "the UID of the namespace kube-system",
  }),
  CONTROLLER_LEASE_NAMESPACE: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "Where the Lease is by which one of several controllers leads.",
    shownDefault: "the controller's own namespace",
  }),
  CONTROLLER_LEASE_DURATION: setting<number>({
    default: 15_000,
    format: "duration",
    unit: "duration",
    min: 3_000,
    doc: "After how long without a sign of life another controller leads; 3s or more.",
  }),
  CONTROLLER_RESYNC: setting<number>({
    default: 300_000,
    format: "duration",
    unit: "duration",
    doc: "How often every resource is compared with its endpoint when nothing changes; give or take a tenth.",
  }),
  CONTROLLER_CONCURRENCY: setting<number>({
    default: 16,
    format: "whole",
    unit: "resources",
    doc: "Resources that are reconciled at once.",
  }),
} as const;

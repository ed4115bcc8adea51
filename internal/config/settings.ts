import type { Cidr } from "../network/cidr.ts";
import type { RetrySchedule } from "../retry/schedule.ts";
import { defaultSchedule } from "../retry/schedule.ts";
import type { NoProxy, Regions } from "./values.ts";

/** One setting: an environment variable. The documentation is made from this. */
export interface Setting<T> {
  /** Null: there is none, the setting must be given. */
  default: T | null;
  /** A format of formats.ts, or the allowed words. */
  format: string | readonly string[];
  /** What the value is counted in, for the documentation. */
  unit: string;
  /** One sentence. */
  doc: string;
  /** Never shown in an error or a log. */
  sensitive?: true;
  /** What the default is called where it depends on the machine or the process. */
  shownDefault?: string;
  /** For .env.example, where there is no default. */
  example?: string;
  /** The command that makes a value. */
  madeWith?: string;
  /** Where there is no default: when it must be given all the same, in words and for an environment. */
  needed?: { when: string; in(env: NodeJS.ProcessEnv): boolean };
}

/** Keeps a setting's type where its default is null or narrower. */
function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}

const usesKeys = (env: NodeJS.ProcessEnv) => (env["SECRET_KEY_PROVIDER"] || "local") === "local";
const usesVault = (env: NodeJS.ProcessEnv) =>
  env["SECRET_KEY_PROVIDER"] === "vault" || Boolean(env["VAULT_TRANSIT_KEY"]);

/** Prints 64 random hex digits, in any shell. */
export const makeKey = `node -e "console.log(require('crypto').randomBytes(32).toString('hex'))"`;

/** Sections as they stand in the documentation. */
export const sections = {
  "The process": {
    SEALPOST_MODE: setting<"development" | "production">({
      default: "development",
      format: ["development", "production"],
      unit: "word",
      doc: "In production, endpoints need https and a public address, and this process listens on all addresses.",
      shownDefault: "development; production when NODE_ENV=production, or in a Kubernetes pod",
    }),
    LOG_LEVEL: setting<string>({
      default: "info",
      format: ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      unit: "word",
      doc: "The least severe log lines that are written.",
    }),
    POD_NAME: setting<string>({
      default: "",
      format: "String",
      unit: "name",
      doc: "What attempts are recorded with as the process that made them.",
      shownDefault: "host name and process id",
    }),
    LISTEN_ADDRESS: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "address",
      doc: "The network address on which this process listens.",
      shownDefault: "127.0.0.1, or 0.0.0.0 in production",
    }),
    METRICS_PORT: setting<number>({
      default: 9464,
      format: "port",
      unit: "port",
      doc: "Where this process serves /metrics, /healthz, /livez and /readyz; 0 means any free one.",
      shownDefault: "9464 (api), 9465 (delivery), 9466 (controller)",
    }),
  },
  "The record (Postgres)": {
    DATABASE_URL: setting<string>({
      default: null,
      format: "postgres-url",
      unit: "address",
      doc: "The Postgres (15 or later) that holds the record.",
      sensitive: true,
      example: "postgresql://sealpost:password@127.0.0.1:5432/sealpost",
    }),
    DATABASE_APP_ROLE: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "name",
      doc: "The role to which npm run migrate, run as the owner of the tables, gives what the processes need, and no more.",
      shownDefault: "none: the processes connect as the owner",
    }),
    DATABASE_POOL_SIZE: setting<number>({
      default: 10,
      format: "whole",
      unit: "connections",
      doc: "Connections to Postgres that one process opens at most.",
    }),
    RETENTION: setting<number>({
      default: 30 * 86_400_000,
      format: "duration",
      unit: "duration",
      doc: "How long events, deliveries and attempts are kept; whole days are dropped.",
    }),
    AUDIT_RETENTION: setting<number>({
      default: 400 * 86_400_000,
      format: "duration",
      unit: "duration",
      doc: "How long the audit log is kept; whole months are dropped.",
    }),
  },
  "The stream (NATS JetStream)": {
    SEALPOST_REGIONS: setting<Regions>({
      default: null,
      format: "regions",
      unit: "name=address list",
      doc: "Every region with the address of its NATS; servers of one cluster are separated by |.",
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
      doc: "On how many servers of its cluster a stream is kept: 3 in production.",
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
  },
  "The API": {
    GRPC_PORT: setting<number>({
      default: 50_051,
      format: "port",
      unit: "port",
      doc: "Where the API serves gRPC; 0 means any free one.",
    }),
    HTTP_PORT: setting<number>({
      default: 3000,
      format: "port",
      unit: "port",
      doc: "Where the API serves HTTP/JSON; 0 means any free one.",
    }),
    TLS_CERT_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "The certificate (PEM, its chain after it) of gRPC and HTTP, at least TLS 1.2; followed when it changes.",
      shownDefault: "none: plain text, which production refuses",
    }),
    TLS_KEY_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "The private key (PEM, without a passphrase) of TLS_CERT_FILE.",
      shownDefault: "none",
    }),
    TLS_CLIENT_CA_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "Authorities (PEM): with it, clients of gRPC and HTTP must show a certificate that one of them signed.",
      shownDefault: "none: clients need no certificate",
    }),
    ALLOW_PLAINTEXT_API: setting<"true" | "false">({
      default: "false",
      format: ["true", "false"],
      unit: "word",
      doc: "Whether gRPC and HTTP may be plain text in production: when a mesh or a proxy in front speaks TLS.",
    }),
    GRPC_REFLECTION: setting<"auto" | "on" | "off">({
      default: "auto",
      format: ["auto", "on", "off"],
      unit: "word",
      doc: "Whether gRPC describes itself to grpcurl and the like, without asking for a key.",
      shownDefault: "on in development, off in production",
    }),
    TRUSTED_PROXIES: setting<readonly Cidr[]>({
      default: [],
      format: "cidrs",
      unit: "blocks of addresses",
      doc: "The proxies in front of gRPC and HTTP whose X-Forwarded-For says where a call comes from; nobody else's does.",
      shownDefault: "none",
    }),
    SEALPOST_ADMIN_KEY: setting<string>({
      default: "",
      format: "secret-or-none",
      unit: "text",
      doc: "The key of the operator, which makes companies, workspaces and API keys; without it, nobody can.",
      sensitive: true,
      shownDefault: "none: TenantService refuses everybody",
      madeWith: makeKey,
    }),
    SEALPOST_KEY_PEPPER: setting<string>({
      default: null,
      format: "hex-key-64",
      unit: "hex digits",
      doc: "The key with which API keys are hashed before they are stored; with another one, no key given out is known.",
      sensitive: true,
      madeWith: makeKey,
    }),
    MANAGEMENT_OPERATIONS_PER_MINUTE: setting<number>({
      default: 10,
      format: "whole",
      unit: "calls",
      doc: "How many management operations a key may make in any minute, unless it was made with another limit.",
    }),
    MANAGEMENT_READS_PER_MINUTE: setting<number>({
      default: 600,
      format: "whole",
      unit: "calls",
      doc: "How many reads a key may make in any minute, unless it was made with another limit.",
    }),
    ENDPOINTS_PER_WORKSPACE: setting<number>({
      default: 1000,
      format: "whole",
      unit: "endpoints",
      doc: "How many endpoints a workspace may have.",
    }),
  },
  "Signing secrets at rest": {
    SECRET_KEY_PROVIDER: setting<"local" | "vault" | "aws-kms">({
      default: "local",
      format: ["local", "vault", "aws-kms"],
      unit: "word",
      doc: "Who wraps the keys of stored secrets from now on; the others open what they wrapped while their settings stand.",
    }),
    WEBHOOK_SECRET_ENCRYPTION_KEY: setting<string>({
      default: null,
      format: "hex-key-64",
      unit: "hex digits",
      doc: "The AES-256 key under which endpoints' secrets are stored; with another one, they cannot be read.",
      sensitive: true,
      madeWith: makeKey,
      needed: {
        when: "when SECRET_KEY_PROVIDER is local and there is no WEBHOOK_SECRET_KEYS_FILE",
        in: (env) => usesKeys(env) && !env["WEBHOOK_SECRET_KEYS_FILE"],
      },
    }),
    WEBHOOK_SECRET_OLD_KEYS: setting<readonly string[]>({
      default: [],
      format: "hex-keys-64",
      unit: "hex digits",
      doc: "Earlier encryption keys, separated by commas, which still open what they sealed until npm run rekey is done.",
      sensitive: true,
      shownDefault: "none",
    }),
    WEBHOOK_SECRET_KEYS_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "Encryption keys in a file instead, one a line, the first one seals; a change is followed without a restart.",
      shownDefault: "none",
    }),
    VAULT_ADDR: setting<string>({
      default: null,
      format: "http-url",
      unit: "address",
      doc: "The HashiCorp Vault (1.13 or later) or OpenBao whose transit engine wraps keys.",
      example: "https://vault:8200",
      needed: { when: "for vault", in: usesVault },
    }),
    VAULT_TRANSIT_KEY: setting<string>({
      default: null,
      format: "name-or-none",
      unit: "name",
      doc: "The transit key, of an AEAD type such as aes256-gcm96.",
      needed: { when: "for vault", in: usesVault },
    }),
    VAULT_TRANSIT_MOUNT: setting<string>({
      default: "transit",
      format: "name-or-none",
      unit: "path",
      doc: "Where the transit engine is mounted.",
    }),
    VAULT_TOKEN: setting<string>({
      default: "",
      format: "String",
      unit: "text",
      doc: "A Vault token that may read, encrypt and decrypt with the key.",
      sensitive: true,
      shownDefault: "none",
    }),
    VAULT_TOKEN_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "A file with the Vault token instead, read at every request: a Vault agent renews it.",
      shownDefault: "none",
    }),
    VAULT_NAMESPACE: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "name",
      doc: "The Vault namespace.",
      shownDefault: "none",
    }),
    VAULT_CACERT: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "The certificate authority of the Vault's certificate, in PEM.",
      shownDefault: "what the system trusts",
    }),
    AWS_KMS_KEY_ID: setting<string>({
      default: null,
      format: "name-or-none",
      unit: "name",
      doc: "The symmetric KMS key: ARN, id or alias. Region and credentials are found as the AWS SDK does.",
      needed: { when: "for aws-kms", in: (env) => env["SECRET_KEY_PROVIDER"] === "aws-kms" },
    }),
  },
  Delivery: {
    WEBHOOK_RETRY_SCHEDULE: setting<RetrySchedule>({
      default: defaultSchedule,
      format: "schedule",
      unit: "durations",
      doc: "The wait before each attempt since the one before; as many attempts as entries.",
    }),
    DELIVERY_TIMEOUT: setting<number>({
      default: 10_000,
      format: "duration",
      unit: "duration",
      doc: "How long one attempt may take, from DNS to the last byte of the answer.",
    }),
    DELIVERY_CONCURRENCY: setting<number>({
      default: 256,
      format: "whole",
      unit: "attempts",
      doc: "Attempts under way at once in a delivery process, those that turned slow not counted.",
    }),
    DELIVERY_SLOW_CONCURRENCY: setting<number>({
      default: 256,
      format: "whole",
      unit: "attempts",
      doc: "Attempts older than a second that may be under way beside the others.",
    }),
    DELIVERY_LANE_CONCURRENCY: setting<number>({
      default: 256,
      format: "whole",
      unit: "attempts",
      doc: "Attempts from the slow lane under way at once.",
    }),
    DELIVERY_TRACE_CONTEXT: setting<"true" | "false">({
      default: "false",
      format: ["true", "false"],
      unit: "word",
      doc: "Whether receivers are sent the W3C trace context (traceparent) of their request, traced here or by the publisher.",
    }),
    SWEEP_INTERVAL: setting<number>({
      default: 1000,
      format: "duration",
      unit: "duration",
      doc: "How often the sweeper looks for deliveries that are due in Postgres.",
    }),
    SWEEP_GRACE: setting<number>({
      default: 15_000,
      format: "duration",
      unit: "duration",
      doc: "How long a published delivery may be missing from its stream before it counts as lost; more than 10 s.",
    }),
  },
  "Outgoing requests": {
    EGRESS_DENY_CIDRS: setting<readonly Cidr[]>({
      default: [],
      format: "cidrs",
      unit: "blocks of addresses",
      doc: "What no endpoint may reach, beside all that is not public: the cluster's pods, services and nodes.",
      shownDefault: "none",
    }),
    EGRESS_PROXY_URL: setting<string>({
      default: "",
      format: "proxy-url-or-none",
      unit: "address",
      doc: "The proxy (HTTP CONNECT) through which deliveries leave: http:// or https://, user and password allowed.",
      sensitive: true,
      shownDefault: "none",
      example: "http://egress-proxy:3128",
    }),
    EGRESS_NO_PROXY: setting<NoProxy>({
      default: { names: [], cidrs: [] },
      format: "no-proxy",
      unit: "names and blocks of addresses",
      doc: "What deliveries reach past the proxy: names, with all that end in them, and blocks of addresses.",
      shownDefault: "none",
    }),
  },
  "The controller": {
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
  },
  "Installing (bootstrap and verify)": {
    BOOTSTRAP_API_URL: setting<string>({
      default: null,
      format: "http-url",
      unit: "address",
      doc: "Where the API serves gRPC to bootstrap: https://, or http:// for plain text.",
      example: "https://sealpost-api.sealpost-system.svc:50051",
    }),
    BOOTSTRAP_API_CA_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "The authorities (PEM) that may sign the API's certificate.",
      shownDefault: "those that Node.js knows",
    }),
    BOOTSTRAP_COMPANY_NAME: setting<string>({
      default: "default",
      format: "line",
      unit: "text",
      doc: "The company that bootstrap makes; one that has this name already is taken.",
    }),
    BOOTSTRAP_COMPANY_ID: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "id",
      doc: "A company that is there already, com_…: a second region's, or one of several of the same name.",
      shownDefault: "found by name, or made",
    }),
    BOOTSTRAP_PLAN_TIER: setting<"FREE" | "GROWTH" | "ENTERPRISE">({
      default: "GROWTH",
      format: ["FREE", "GROWTH", "ENTERPRISE"],
      unit: "word",
      doc: "The plan of a company that bootstrap makes.",
    }),
    BOOTSTRAP_WORKSPACE_NAME: setting<string>({
      default: "default",
      format: "line",
      unit: "text",
      doc: "The workspace that bootstrap makes; one that has this name and region already is taken.",
    }),
    BOOTSTRAP_REGION: setting<string>({
      default: null,
      format: "region-name",
      unit: "name",
      doc: "The workspace's region, one of the API's SEALPOST_REGIONS.",
      example: "us",
    }),
    BOOTSTRAP_ALLOWED_CIDRS: setting<readonly Cidr[]>({
      default: null,
      format: "cidrs",
      unit: "blocks of addresses",
      doc: "From where the company's keys may manage: the cluster's pods. What is on the list besides stays.",
      example: "10.244.0.0/16",
    }),
    BOOTSTRAP_CONTROLLER_OPERATIONS_PER_MINUTE: setting<number>({
      default: 6_000,
      format: "whole",
      unit: "calls",
      doc: "How many management operations the controller's key may make in any minute.",
    }),
    BOOTSTRAP_CONTROLLER_READS_PER_MINUTE: setting<number>({
      default: 60_000,
      format: "whole",
      unit: "calls",
      doc: "How many reads the controller's key may make in any minute.",
    }),
    BOOTSTRAP_DELIVERY_CIDRS: setting<readonly Cidr[]>({
      default: [],
      format: "cidrs",
      unit: "blocks of addresses",
      doc: "Private networks that the company's endpoints may reach: for a trial inside a cluster.",
      shownDefault: "none",
    }),
    BOOTSTRAP_DELIVERY_NAME_SUFFIXES: setting<readonly string[]>({
      default: [],
      format: "name-suffixes",
      unit: "names",
      doc: "Ends of private names that the company's endpoints may have, such as svc.cluster.local.",
      shownDefault: "none",
    }),
    BOOTSTRAP_DELIVERY_ALLOW_HTTP: setting<"true" | "false">({
      default: "false",
      format: ["true", "false"],
      unit: "word",
      doc: "Whether endpoints may reach BOOTSTRAP_DELIVERY_CIDRS over http:// too.",
    }),
    BOOTSTRAP_NAMESPACE: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "name",
      doc: "The Kubernetes namespace in which bootstrap leaves the keys as Secrets.",
      shownDefault: "bootstrap's own namespace",
    }),
    BOOTSTRAP_KEYS_SECRET: setting<string>({
      default: "sealpost-keys",
      format: "name-or-none",
      unit: "name",
      doc: "The Secret for companyId, companyKey, workspaceId and workspaceKey; a Lease of this name lets one run at a time.",
    }),
    BOOTSTRAP_CONTROLLER_SECRET: setting<string>({
      default: "",
      format: "name-or-none",
      unit: "name",
      doc: "The Secret for the controller's company key, under the name key.",
      shownDefault: "none: no key for a controller",
    }),
    BOOTSTRAP_REPLACE_SECRETS: setting<"true" | "false">({
      default: "false",
      format: ["true", "false"],
      unit: "word",
      doc: "Whether Secrets of a company that the API does not have are written anew: for a trial, whose database may go.",
    }),
    BOOTSTRAP_TIMEOUT: setting<number>({
      default: 300_000,
      format: "duration",
      unit: "duration",
      doc: "How long bootstrap waits for the API.",
    }),
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
  },
  "Development only": {
    SEED_PLAN_TIER: setting<"FREE" | "GROWTH" | "ENTERPRISE">({
      default: "GROWTH",
      format: ["FREE", "GROWTH", "ENTERPRISE"],
      unit: "word",
      doc: "The plan of the company that npm run seed and npm run dev make.",
    }),
    RECEIVER_PORT: setting<number>({
      default: 3001,
      format: "port",
      unit: "port",
      doc: "Where the receiver of npm run receiver and npm run dev listens; 0 means any free one.",
    }),
    RECEIVER_SECRETS: setting<string>({
      default: "",
      format: "String",
      unit: "name=secret list",
      doc: "Signing secrets or public keys that the receiver knows, by a name it shows: orders=whsec_…,billing=whpk_….",
      sensitive: true,
      shownDefault: "none",
    }),
    RECEIVER_SECRETS_FILE: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "More of them, as JSON from name to secret; the receiver follows its changes.",
      shownDefault: "none",
    }),
    POSTGRES_PORT: setting<number>({
      default: 15_432,
      format: "port",
      unit: "port",
      doc: "Where npm run dev and npm run infra start Postgres; 0 means any free one.",
    }),
    NATS_PORT: setting<number>({
      default: 14_222,
      format: "port",
      unit: "port",
      doc: "Where npm run dev and npm run infra start NATS; 0 means any free one.",
    }),
    KUBE_PORT: setting<number>({
      default: 16_443,
      format: "port",
      unit: "port",
      doc: "Where npm run dev -- --kube starts a Kubernetes API server; 0 means any free one.",
    }),
    SEALPOST_DEV_DIR: setting<string>({
      default: ".dev",
      format: "String",
      unit: "folder",
      doc: "Where npm run dev and npm run infra keep data, keys and logs.",
    }),
    NATS_SERVER: setting<string>({
      default: "",
      format: "String",
      unit: "file",
      doc: "The nats-server program that npm run dev, npm run infra and the tests start.",
      shownDefault: "from PATH, else fetched once into the user's cache",
    }),
    KUBEBUILDER_ASSETS: setting<string>({
      default: "",
      format: "String",
      unit: "folder",
      doc: "Where etcd, kube-apiserver, kube-controller-manager and kubectl are that npm run dev -- --kube and the tests start.",
      shownDefault: "built once with go into the user's cache",
    }),
  },
} as const;

type Sections = typeof sections;
type AllOf<S> = S extends Record<string, unknown> ? { [K in keyof S]: S[K] } : never;
type Merge<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;
type Definitions = Merge<AllOf<Sections[keyof Sections]>>;

export type SettingName = keyof Definitions;
/** What each setting holds once it has been read; durations in ms, sizes in bytes. */
export type SettingValues = { [K in SettingName]: Definitions[K] extends Setting<infer T> ? T : never };

/** Every setting by name. */
export const definitions = Object.assign({}, ...Object.values(sections)) as { [K in SettingName]: Setting<unknown> };

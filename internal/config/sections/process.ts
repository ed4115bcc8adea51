import { setting } from "../setting.ts";

/** What every process has. */
export const theProcess = {
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
} as const;

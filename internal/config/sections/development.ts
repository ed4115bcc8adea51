import { setting } from "../setting.ts";

/** What npm run dev, seed and receiver and the tests take. */
export const development = {
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
} as const;

import { definitions, type SettingName } from "../config/settings.ts";

/** What the chart sets itself, by the value that says what. */
const own = {
  SEALPOST_MODE: "every pod is in production",
  POD_NAME: "the pod's name",
  METRICS_PORT: "the ports of the pods are fixed",
  GRPC_PORT: "api.service.grpcPort",
  HTTP_PORT: "api.service.httpPort",
  DATABASE_APP_ROLE: "postgres.appRole",
  SEALPOST_REGIONS: "nats.regions",
  DELIVERY_REGIONS: "region",
  ALLOW_PLAINTEXT_API: "api.allowPlaintext",
  TRUSTED_PROXIES: "api.trustedProxies",
  SECRET_KEY_PROVIDER: "encryption.provider",
  VAULT_ADDR: "encryption.vault.address",
  VAULT_TRANSIT_KEY: "encryption.vault.transitKey",
  VAULT_TRANSIT_MOUNT: "encryption.vault.transitMount",
  VAULT_NAMESPACE: "encryption.vault.namespace",
  VAULT_CACERT: "trustedCA",
  AWS_KMS_KEY_ID: "encryption.awsKms.keyId",
  EGRESS_DENY_CIDRS: "egress.denyCIDRs",
  EGRESS_NO_PROXY: "egress.noProxy",
  CONTROLLER_API_URL: "controller.apiUrl",
  CONTROLLER_NAMESPACES: "controller.namespaces",
  CONTROLLER_CLUSTER_NAME: "controller.clusterName",
  CONTROLLER_LEASE_NAMESPACE: "the release's namespace",
} satisfies Partial<Record<SettingName, string>>;

/**
 * Only for `npm run dev` and its like; what the Jobs are told by values of their own; and files, which need a Secret that
 * is mounted, and so a value of their own too.
 */
const elsewhere =
  /^(SEED_|RECEIVER_|POSTGRES_PORT|NATS_PORT|KUBE_PORT|SEALPOST_DEV_DIR|NATS_SERVER|KUBEBUILDER_ASSETS|BOOTSTRAP_|VERIFY_)|_FILE$/;

/** The settings that `config` takes: neither secret nor set by the chart. Words are checked here, the rest at start. */
export function settingsSchema(): Record<string, unknown> {
  const taken = Object.entries(definitions).filter(
    ([name, { sensitive }]) => !sensitive && !Object.hasOwn(own, name) && !elsewhere.test(name),
  );
  const properties = taken.map(([name, { format, doc }]) => {
    const words = Array.isArray(format) ? (format as string[]) : undefined;
    // true and false are words of settings, and booleans of YAML.
    const either = words?.map((word) => (word === "true" ? true : word === "false" ? false : word));
    const form = words ? { enum: [...new Set([...words, ...(either ?? [])])] } : { type: ["string", "number"] };
    return [name, { ...form, description: doc }];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}

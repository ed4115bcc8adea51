import { formatOf } from "../config/formats.ts";
import { definitions, type SettingName } from "../config/settings.ts";
import { listForm, type Schema, valueForm } from "./setting-form.ts";

/** What the chart sets itself, whatever the values are. */
const fixed: SettingName[] = [
  "SEALPOST_MODE",
  "POD_NAME",
  "METRICS_PORT",
  "GRPC_PORT",
  "HTTP_PORT",
  "ALLOW_PLAINTEXT_API",
  "SEALPOST_REGIONS",
  "DELIVERY_REGIONS",
  "VAULT_CACERT",
  "CONTROLLER_LEASE_NAMESPACE",
];

/** What it sets by a value, which has the form of the setting. */
const byValue = {
  DATABASE_APP_ROLE: "postgres.appRole",
  BOOTSTRAP_REGION: "region",
  TRUSTED_PROXIES: "api.trustedProxies",
  SECRET_KEY_PROVIDER: "encryption.provider",
  VAULT_ADDR: "encryption.vault.address",
  VAULT_TRANSIT_KEY: "encryption.vault.transitKey",
  VAULT_TRANSIT_MOUNT: "encryption.vault.transitMount",
  VAULT_NAMESPACE: "encryption.vault.namespace",
  AWS_KMS_KEY_ID: "encryption.awsKms.keyId",
  EGRESS_DENY_CIDRS: "egress.denyCIDRs",
  EGRESS_NO_PROXY: "egress.noProxy",
  CONTROLLER_API_URL: "controller.apiUrl",
  CONTROLLER_NAMESPACES: "controller.namespaces",
  CONTROLLER_CLUSTER_NAME: "controller.clusterName",
  BOOTSTRAP_COMPANY_NAME: "bootstrap.company",
  BOOTSTRAP_WORKSPACE_NAME: "bootstrap.workspace",
  BOOTSTRAP_PLAN_TIER: "bootstrap.planTier",
  BOOTSTRAP_ALLOWED_CIDRS: "bootstrap.ipAllowlist",
  BOOTSTRAP_DELIVERY_CIDRS: "trial.networks",
  BOOTSTRAP_DELIVERY_NAME_SUFFIXES: "trial.nameSuffixes",
  VERIFY_RECEIVER_URL: "test.receiverUrl",
  VERIFY_ENDPOINT_ID: "test.endpointId",
  VERIFY_TIMEOUT: "test.timeout",
} satisfies Partial<Record<SettingName, string>>;

/**
 * Only for `npm run dev` and its like; what the Jobs are told by values of their own; and files, which need a Secret that
 * is mounted, and so a value of their own too.
 */
const elsewhere =
  /^(SEED_|RECEIVER_|POSTGRES_PORT|NATS_PORT|KUBE_PORT|SEALPOST_DEV_DIR|NATS_SERVER|KUBEBUILDER_ASSETS|BOOTSTRAP_|VERIFY_)|_FILE$/;

/** The settings that `config` takes: neither secret nor set by the chart. */
export const takenSettings = (Object.keys(definitions) as SettingName[]).filter(
  (name) =>
    !definitions[name].sensitive && !fixed.includes(name) && !Object.hasOwn(byValue, name) && !elsewhere.test(name),
);

/** JSON Schema of the chart's values that become settings, by their paths. */
export function valueForms(): Map<string, Schema> {
  const forms = new Map<string, Schema>([["config", config()]]);
  for (const [name, path] of Object.entries(byValue)) {
    const setting = definitions[name as SettingName];
    // What is a list in a setting is one in YAML too.
    forms.set(path, formatOf(setting)?.entry === undefined ? valueForm(setting) : listForm(setting));
  }
  return forms.set("trial.nats.streamMaxBytes", valueForm(definitions.STREAM_MAX_BYTES));
}

function config(): Schema {
  const properties = takenSettings.map((name) => {
    const setting = definitions[name];
    const must = formatOf(setting)?.form;
    const description = must === undefined ? setting.doc : `${setting.doc} Must be ${must}.`;
    const { enum: words, ...form } = valueForm(setting);
    // An empty setting counts as not set.
    return [name, { ...form, ...(words !== undefined && { enum: [...words, ""] }), description }];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}

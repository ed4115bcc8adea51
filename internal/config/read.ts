import { existsSync } from "node:fs";
import convict from "convict";
import { type ClientFiles, type ClientName, readClientCertificate } from "../tls/client-certificate.ts";
import { readServerCertificate } from "../tls/server-certificate.ts";
import { registerFormats } from "./formats.ts";
import { definitions, type SettingName, type SettingValues } from "./settings.ts";
import { formatDuration } from "./values.ts";

/** Thrown with everything that is wrong, ready to be shown to a person. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

export type Settings<N extends SettingName> = Readonly<Pick<SettingValues, N>>;

/** Reads a `.env` in the working folder, when there is one, into the environment; what is set already stays. */
export function loadEnvFile(): void {
  if (existsSync(".env")) process.loadEnvFile(".env");
}

/**
 * The named settings from the environment; a variable that is empty counts as not set.
 * @throws SettingsError that names everything that is wrong, not only the first.
 */
export function readSettings<const N extends SettingName>(
  names: readonly N[],
  options: { env?: NodeJS.ProcessEnv; defaults?: Partial<SettingValues> } = {},
): Settings<N> {
  registerFormats();
  const env = options.env ?? process.env;
  const given = Object.entries(env).filter(([, value]) => value !== "");
  const defaults: Partial<SettingValues> = {
    ...(sayingProduction(env) && { SEALPOST_MODE: "production" }),
    ...options.defaults,
  };
  const schema: Record<string, convict.SchemaObj> = {};
  for (const name of names) {
    const { format, sensitive, needed, ...definition } = definitions[name];
    const standard = defaults[name] ?? definition.default;
    const spared = needed !== undefined && !needed.in(env) && !env[name];
    schema[name] = {
      env: name,
      default: spared ? "" : standard,
      format: spared
        ? "String"
        : ((typeof format === "string" ? format : [...format]) as NonNullable<convict.SchemaObj["format"]>),
      ...(sensitive && { sensitive }),
    };
  }
  const config = convict<Record<string, unknown>>(schema, { env: Object.fromEntries(given), args: [] });
  const values = config.getProperties();
  const problems = [...formatProblems(config), ...names.flatMap((name) => boundProblem(name, values[name]))];
  problems.push(...contradictions(values, env));
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new SettingsError(
      `settings that are missing or wrong:\n${lines}\nSet them in the environment or in .env; docs/configuration.md explains each.`,
    );
  }
  return Object.freeze(values) as Settings<N>;
}

function formatProblems(config: convict.Config<Record<string, unknown>>): string[] {
  try {
    config.validate({ allowed: "strict" });
    return [];
  } catch (error) {
    // "NAME: what: value was …", one a line.
    return (error as Error).message.split("\n").map((line) => line.replace(/^(\w+): /, "$1 "));
  }
}

/** Of what could be read: the rest was told by its format. */
function boundProblem(name: SettingName, value: unknown): string[] {
  const { min = 0, max = Number.POSITIVE_INFINITY } = definitions[name];
  if (typeof value !== "number" || (value >= min && value <= max)) return [];
  return [value < min ? `${name} must be ${formatDuration(min)} or more` : `${name} must be ${max} at most`];
}

/** What beside SEALPOST_MODE says that this is production; undefined: nothing does. Every pod has the latter. */
function sayingProduction(env: NodeJS.ProcessEnv): string | undefined {
  if (env.NODE_ENV === "production") return "NODE_ENV=production";
  return env.KUBERNETES_SERVICE_HOST ? "KUBERNETES_SERVICE_HOST, which is set in a Kubernetes pod," : undefined;
}

/** What no single setting shows. */
function contradictions(values: Partial<SettingValues>, env: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  // Nobody turns the rules of production off with one variable.
  const production = sayingProduction(env);
  if (values.SEALPOST_MODE === "development" && production) {
    problems.push(`SEALPOST_MODE is development, but ${production} says otherwise: change one of them`);
  }
  const { SEALPOST_REGIONS: regions, DELIVERY_REGIONS: served } = values;
  if (regions && typeof regions === "object" && Array.isArray(served)) {
    const unknown = served.filter((name) => !Object.hasOwn(regions, name));
    if (unknown.length > 0) {
      problems.push(`DELIVERY_REGIONS names ${unknown.join(", ")}, which SEALPOST_REGIONS does not have`);
    }
  }
  if (values.TLS_CERT_FILE !== undefined) problems.push(...tlsProblems(values as SettingValues));
  problems.push(...keyProblems(values), ...controllerProblems(values), ...bootstrapProblems(values));
  problems.push(...verifyProblems(values));
  return problems;
}

/** The files are read here as well, so that what is wrong with them is told with everything else. */
function tlsProblems(values: SettingValues): string[] {
  const { SEALPOST_MODE: mode, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa } = values;
  if (cert !== "" && key !== "") return readServerCertificate(values).problems ?? [];
  if (cert !== "") return ["TLS_CERT_FILE needs TLS_KEY_FILE beside it"];
  if (key !== "") return ["TLS_KEY_FILE needs TLS_CERT_FILE beside it"];
  if (clientCa !== "") return ["TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE beside it"];
  if (mode !== "production" || values.ALLOW_PLAINTEXT_API === "true") return [];
  return [
    "TLS_CERT_FILE is not set, and plain text is refused in production: set it and TLS_KEY_FILE, or set " +
      "ALLOW_PLAINTEXT_API=true when a mesh or a proxy in front speaks TLS",
  ];
}

function keyProblems(values: Partial<SettingValues>): string[] {
  const problems: string[] = [];
  if (values.WEBHOOK_SECRET_ENCRYPTION_KEY && values.WEBHOOK_SECRET_KEYS_FILE) {
    problems.push(
      "WEBHOOK_SECRET_ENCRYPTION_KEY and WEBHOOK_SECRET_KEYS_FILE are both set: keep all keys in one place",
    );
  }
  if (values.VAULT_TRANSIT_KEY && values.VAULT_TOKEN === "" && values.VAULT_TOKEN_FILE === "") {
    problems.push("VAULT_TOKEN is not set, nor is VAULT_TOKEN_FILE: Vault answers nobody without one");
  }
  return problems;
}

/** Of whoever calls the API. */
function clientProblems(client: ClientName, values: Partial<SettingValues>): string[] {
  const url = values[`${client}_API_URL`];
  const problems: string[] = [];
  if (values.SEALPOST_MODE === "production" && url?.startsWith("http:") && values.ALLOW_PLAINTEXT_API !== "true") {
    problems.push(
      `${client}_API_URL is plain text, over which the key would travel: use https://, or set ALLOW_PLAINTEXT_API=true ` +
        "when a mesh speaks TLS",
    );
  }
  if (values[`${client}_API_CA_FILE`] === undefined) return problems;
  return [...problems, ...(readClientCertificate(client, values as ClientFiles<ClientName>).problems ?? [])];
}

function controllerProblems(values: Partial<SettingValues>): string[] {
  const problems = clientProblems("CONTROLLER", values);
  const { CONTROLLER_API_KEY: key, CONTROLLER_API_KEY_FILE: file } = values;
  if (key === "" && file && !existsSync(file)) {
    problems.push(`CONTROLLER_API_KEY_FILE ${file} does not exist, and CONTROLLER_API_KEY is not set`);
  }
  return problems;
}

function bootstrapProblems(values: Partial<SettingValues>): string[] {
  const problems = clientProblems("BOOTSTRAP", values);
  if (values.BOOTSTRAP_API_URL !== undefined && values.SEALPOST_ADMIN_KEY === "") {
    problems.push("SEALPOST_ADMIN_KEY is not set; it must be the one that the API has");
  }
  if (values.BOOTSTRAP_DELIVERY_ALLOW_HTTP === "true" && values.BOOTSTRAP_DELIVERY_CIDRS?.length === 0) {
    problems.push("BOOTSTRAP_DELIVERY_ALLOW_HTTP needs BOOTSTRAP_DELIVERY_CIDRS: http:// is accepted to these only");
  }
  return problems;
}

function verifyProblems(values: Partial<SettingValues>): string[] {
  const problems = clientProblems("VERIFY", values);
  if (values.VERIFY_ENDPOINT_ID && values.VERIFY_RECEIVER_URL) {
    problems.push("VERIFY_ENDPOINT_ID and VERIFY_RECEIVER_URL are both set: keep one, an endpoint or a receiver");
  }
  return problems;
}

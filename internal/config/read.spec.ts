import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { renderExample, renderReference } from "./documentation.ts";
import { readSettings } from "./read.ts";
import { definitions, type SettingName } from "./settings.ts";

const key = "0123456789abcdef".repeat(4);
const required = {
  DATABASE_URL: "postgresql://sealpost:secret@db:5432/sealpost",
  SEALPOST_REGIONS: "us=nats://nats.us:4222|nats://nats.us2:4222,eu=tls://nats.eu:4222",
  SEALPOST_ADMIN_KEY: "an operator's key",
  SEALPOST_KEY_PEPPER: key,
  WEBHOOK_SECRET_ENCRYPTION_KEY: key,
  CONTROLLER_API_URL: "https://sealpost-api:50051",
  CONTROLLER_API_KEY: "a company's key, whole",
  BOOTSTRAP_API_URL: "https://sealpost-api:50051",
  BOOTSTRAP_REGION: "us",
  BOOTSTRAP_ALLOWED_CIDRS: "10.244.0.0/16",
  VERIFY_API_URL: "https://sealpost-api:50051",
  VERIFY_COMPANY_KEY: "a company's key, whole",
  VERIFY_WORKSPACE_KEY: "a workspace's key, whole",
  VERIFY_ENDPOINT_ID: "whe_1",
};
const all = Object.keys(definitions) as SettingName[];

function complaint(env: NodeJS.ProcessEnv, ...names: SettingName[]): string {
  try {
    readSettings(names, { env });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("settings", () => {
  it("reads text into what the parts use: milliseconds, bytes, lists", () => {
    const env = {
      ...required,
      DELIVERY_TIMEOUT: "2s",
      STREAM_MAX_BYTES: "64MiB",
      WEBHOOK_RETRY_SCHEDULE: "0s,1s,2m",
      DELIVERY_REGIONS: "eu",
    };
    const settings = readSettings(all, { env });
    expect(settings.DELIVERY_TIMEOUT).toBe(2000);
    expect(settings.STREAM_MAX_BYTES).toBe(64 * 1024 * 1024);
    expect(settings.WEBHOOK_RETRY_SCHEDULE).toEqual([0, 1000, 120_000]);
    expect(settings.SEALPOST_REGIONS).toEqual({
      us: ["nats://nats.us:4222", "nats://nats.us2:4222"],
      eu: ["tls://nats.eu:4222"],
    });
    expect(settings.DELIVERY_REGIONS).toEqual(["eu"]);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it("has the defaults of the documentation, and a part's own where it has one", () => {
    const settings = readSettings(all, { env: required, defaults: { METRICS_PORT: 9465 } });
    expect(settings).toMatchObject({
      GRPC_PORT: 50_051,
      HTTP_PORT: 3000,
      METRICS_PORT: 9465,
      SEED_PLAN_TIER: "GROWTH",
    });
    expect(settings.WEBHOOK_RETRY_SCHEDULE).toEqual([0, 60_000, 300_000, 1_800_000, 21_600_000]);
  });

  it("lets the controller's key travel in plain text only where somebody says so, and names namespaces", () => {
    const names = ["SEALPOST_MODE", "ALLOW_PLAINTEXT_API", "CONTROLLER_API_URL", "CONTROLLER_NAMESPACES"] as const;
    const env = { SEALPOST_MODE: "production", CONTROLLER_API_URL: "http://api:50051" };
    expect(complaint(env, ...names)).toContain("CONTROLLER_API_URL is plain text, over which the key would travel");
    const allowed = { ...env, ALLOW_PLAINTEXT_API: "true", CONTROLLER_NAMESPACES: "team-a, team-b,team-a" };
    expect(readSettings(names, { env: allowed }).CONTROLLER_NAMESPACES).toEqual(["team-a", "team-b"]);
    expect(complaint({ ...allowed, CONTROLLER_NAMESPACES: "Team A" }, ...names)).toContain("names of namespaces");
  });

  it("asks bootstrap for the operator's key, and for where http:// may lead", () => {
    const names = all.filter((name) => /^(BOOTSTRAP|SEALPOST_ADMIN)_/.test(name));
    const env = { ...required, BOOTSTRAP_DELIVERY_NAME_SUFFIXES: ".svc.cluster.local", BOOTSTRAP_NAMESPACE: "here" };
    expect(readSettings(names, { env }).BOOTSTRAP_DELIVERY_NAME_SUFFIXES).toEqual(["svc.cluster.local"]);
    const wrong = { ...env, SEALPOST_ADMIN_KEY: "", BOOTSTRAP_DELIVERY_ALLOW_HTTP: "true" };
    expect(complaint(wrong, ...names)).toMatch(
      /ADMIN_KEY is not set; it must be the one .*\n.*needs BOOTSTRAP_DELIVERY/,
    );
    expect(complaint({ ...env, BOOTSTRAP_REGION: "US" }, ...names)).toContain("BOOTSTRAP_REGION must be the name of");
  });

  it("asks verify for an endpoint or a receiver, and for the workspace that the latter needs", () => {
    const names = all.filter((name) => name.startsWith("VERIFY_"));
    const { VERIFY_ENDPOINT_ID: _none, ...env } = required;
    expect(complaint(required, ...names)).toBe("");
    expect(complaint(env, ...names)).toContain("VERIFY_RECEIVER_URL is not set");
    const receiver = { ...env, VERIFY_RECEIVER_URL: "http://receiver" };
    expect(complaint(receiver, ...names)).toContain("VERIFY_WORKSPACE_ID is not set");
    expect(complaint({ ...receiver, VERIFY_WORKSPACE_ID: "wsp_1" }, ...names)).toBe("");
    expect(complaint({ ...receiver, ...required, VERIFY_WORKSPACE_ID: "wsp_1" }, ...names)).toContain("keep one");
  });

  it("asks only for what a part needs", () => {
    expect(readSettings(["DATABASE_URL"], { env: { DATABASE_URL: required.DATABASE_URL } })).toEqual({
      DATABASE_URL: required.DATABASE_URL,
    });
  });

  it("names everything that is wrong at once, and never shows a secret", () => {
    const env = {
      ...required,
      DATABASE_URL: "mysql://u:hidden@h/db",
      DELIVERY_TIMEOUT: "10",
      SEALPOST_KEY_PEPPER: "",
      SEED_PLAN_TIER: "GOLD",
      SEALPOST_REGIONS: "us=nats://u:hidden@h:4222,us=nats://u:hidden@other:4222",
    };
    const message = complaint(env, ...all);
    for (const name of [
      "DATABASE_URL",
      "DELIVERY_TIMEOUT",
      "SEALPOST_KEY_PEPPER is not set",
      "SEED_PLAN_TIER",
      "SEALPOST_REGIONS must",
    ])
      expect(message).toContain(name);
    expect(message).not.toContain("hidden");
    expect(message.split("\n")).toHaveLength(7);
  });

  it("takes an encryption key of 64 hex digits and nothing else, and says how to make one", () => {
    for (const value of ["", key.slice(1), `${key}0`, `${key.slice(1)}g`, Buffer.from(key, "hex").toString("base64")]) {
      const message = complaint({ WEBHOOK_SECRET_ENCRYPTION_KEY: value }, "WEBHOOK_SECRET_ENCRYPTION_KEY");
      expect(message).toMatch(/WEBHOOK_SECRET_ENCRYPTION_KEY .*must be 64 hex digits .*randomBytes/);
    }
  });

  it("asks for what the chosen key provider needs, and for nothing of the others", () => {
    const names = all.filter((name) => /^(WEBHOOK_SECRET|VAULT|AWS|SECRET)_/.test(name));
    const asked = (env: NodeJS.ProcessEnv) => [...complaint(env, ...names).matchAll(/^ {2}(\w+) /gm)].map(([, n]) => n);
    expect(asked({})).toEqual(["WEBHOOK_SECRET_ENCRYPTION_KEY"]);
    expect(asked({ WEBHOOK_SECRET_KEYS_FILE: "/keys" })).toEqual([]);
    expect(asked({ WEBHOOK_SECRET_KEYS_FILE: "/keys", WEBHOOK_SECRET_ENCRYPTION_KEY: key })).toHaveLength(1);
    expect(asked({ SECRET_KEY_PROVIDER: "vault" })).toEqual(["VAULT_ADDR", "VAULT_TRANSIT_KEY"]);
    expect(asked({ WEBHOOK_SECRET_ENCRYPTION_KEY: key, VAULT_TRANSIT_KEY: "k" })).toEqual([
      "VAULT_ADDR",
      "VAULT_TOKEN",
    ]);
    const vault = { VAULT_ADDR: "https://vault:8200", VAULT_TRANSIT_KEY: "sealpost" };
    expect(asked({ SECRET_KEY_PROVIDER: "vault", ...vault, VAULT_TOKEN: "t" })).toEqual([]);
    expect(asked({ SECRET_KEY_PROVIDER: "vault", ...vault, VAULT_TOKEN_FILE: "/t", VAULT_ADDR: "vault" })).toEqual([
      "VAULT_ADDR",
    ]);
    expect(asked({ SECRET_KEY_PROVIDER: "aws-kms" })).toEqual(["AWS_KMS_KEY_ID"]);
    expect(asked({ SECRET_KEY_PROVIDER: "aws-kms", AWS_KMS_KEY_ID: "alias/sealpost" })).toEqual([]);
    expect(asked({ SECRET_KEY_PROVIDER: "gcp" })).toContain("SECRET_KEY_PROVIDER");
  });

  it.each([
    ["WEBHOOK_RETRY_SCHEDULE", "1m,5m"],
    ["WEBHOOK_RETRY_SCHEDULE", "0s,500ms"],
    ["WEBHOOK_RETRY_SCHEDULE", "0s,,1m"],
    ["SEALPOST_REGIONS", "us=http://nats:4222"],
    ["SEALPOST_REGIONS", "US=nats://nats:4222"],
    ["SEALPOST_REGIONS", "us=nats://a:1,us=nats://b:1"],
    ["SWEEP_GRACE", "5s"],
    ["GRPC_PORT", "70000"],
    ["HTTP_PORT", "3000x"],
    ["DELIVERY_CONCURRENCY", "0"],
    ["DELIVERY_CONCURRENCY", "-1"],
    ["LOG_LEVEL", "loud"],
    ["EGRESS_DENY_CIDRS", "10.1.2.3/8"],
    ["EGRESS_DENY_CIDRS", "10.0.0.0/8,"],
    ["EGRESS_DENY_CIDRS", "cluster"],
    ["EGRESS_PROXY_URL", "proxy:3128"],
    ["EGRESS_PROXY_URL", "socks5://proxy:1080"],
    ["EGRESS_PROXY_URL", "http://proxy:3128/path"],
    ["EGRESS_PROXY_URL", "http://%zz@proxy"],
    ["EGRESS_NO_PROXY", "*"],
    ["EGRESS_NO_PROXY", "10.1.2.3/8"],
    ["EGRESS_NO_PROXY", "300.1.2.3"],
    ["EGRESS_NO_PROXY", "example.com:443"],
  ] as const)("refuses %s=%s", (name, value) => {
    expect(complaint({ [name]: value }, name)).toContain(name);
  });

  it("refuses to serve a region that is not there", () => {
    const env = { SEALPOST_REGIONS: "us=nats://n:4222", DELIVERY_REGIONS: "us,eu" };
    expect(complaint(env, "SEALPOST_REGIONS", "DELIVERY_REGIONS")).toContain("DELIVERY_REGIONS names eu");
  });

  it("refuses half a certificate, and plain text in production unless it is set on purpose", () => {
    const names = [
      "SEALPOST_MODE",
      "TLS_CERT_FILE",
      "TLS_KEY_FILE",
      "TLS_CLIENT_CA_FILE",
      "ALLOW_PLAINTEXT_API",
    ] as const;
    const said = (env: NodeJS.ProcessEnv) => complaint(env, ...names);
    expect(said({ TLS_CERT_FILE: "a.pem" })).toContain("TLS_CERT_FILE needs TLS_KEY_FILE beside it");
    expect(said({ TLS_KEY_FILE: "a.key" })).toContain("TLS_KEY_FILE needs TLS_CERT_FILE beside it");
    expect(said({ TLS_CLIENT_CA_FILE: "ca.pem" })).toContain("TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE");
    expect(said({})).toBe("");
    expect(said({ SEALPOST_MODE: "production" })).toMatch(/plain text is refused .* set ALLOW_PLAINTEXT_API=true when/);
    expect(said({ NODE_ENV: "production", ALLOW_PLAINTEXT_API: "1" })).toContain("ALLOW_PLAINTEXT_API");
    expect(said({ NODE_ENV: "production", ALLOW_PLAINTEXT_API: "true" })).toBe("");
  });

  it("refuses half a client certificate for the controller, and files that hold none", () => {
    const names = [
      "CONTROLLER_API_CA_FILE",
      "CONTROLLER_API_CLIENT_CERT_FILE",
      "CONTROLLER_API_CLIENT_KEY_FILE",
    ] as const;
    const said = (...files: string[]) =>
      complaint(Object.fromEntries(names.map((name, i) => [name, files[i] ?? ""])), ...names);
    const certs = path.join(import.meta.dirname, "../../test/integration/edge/certs");
    const file = (name: string) => path.join(certs, name);
    expect(said()).toBe("");
    expect(said(file("server-ca.pem"), file("client-1.pem"), file("client-1.key"))).toBe("");
    expect(said("", file("client-1.pem"))).toContain("CERT_FILE needs CONTROLLER_API_CLIENT_KEY_FILE beside it");
    expect(said("", "", file("client-1.key"))).toContain("KEY_FILE needs CONTROLLER_API_CLIENT_CERT_FILE beside it");
    expect(said("nowhere.pem")).toContain("CONTROLLER_API_CA_FILE nowhere.pem does not exist");
    expect(said(file("README.md"), file("client-1.pem"), file("locked.key"))).toMatch(
      /CA_FILE .*README.md holds no certificate[^]*KEY_FILE .*locked.key holds no private key/,
    );
    expect(said("", file("client-1.pem"), file("client-2.key"))).toContain(
      "client-2.key is not the key of the certificate",
    );
  });

  it("leaves production only when everything says so", () => {
    const mode = (env: NodeJS.ProcessEnv) => readSettings(["SEALPOST_MODE"], { env }).SEALPOST_MODE;
    expect(mode({})).toBe("development");
    expect(mode({ NODE_ENV: "production" })).toBe("production");
    expect(mode({ SEALPOST_MODE: "production" })).toBe("production");
    expect(mode({ KUBERNETES_SERVICE_HOST: "10.96.0.1" })).toBe("production");
    expect(mode({ KUBERNETES_SERVICE_HOST: "", SEALPOST_MODE: "development" })).toBe("development");
    expect(
      complaint({ KUBERNETES_SERVICE_HOST: "10.96.0.1", SEALPOST_MODE: "development" }, "SEALPOST_MODE"),
    ).toContain("which is set in a Kubernetes pod, says otherwise");
    expect(complaint({ NODE_ENV: "production", SEALPOST_MODE: "development" }, "SEALPOST_MODE")).toContain(
      "SEALPOST_MODE is development, but NODE_ENV=production says otherwise",
    );
  });

  it("documents every setting, and shows an example of each", () => {
    for (const name of all) {
      expect(renderReference()).toContain(`| \`${name}\` |`);
      expect(renderExample()).toMatch(new RegExp(`^(# )?${name}=`, "m"));
    }
  });
});

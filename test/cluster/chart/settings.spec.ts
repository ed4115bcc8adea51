import { expect, it } from "@jest/globals";
import { takenSettings } from "../../../internal/chart/settings-schema.ts";
import { apiSettings, controllerSettings, deliverySettings } from "../../../internal/config/parts.ts";
import { readSettings } from "../../../internal/config/read.ts";
import { definitions, type SettingName } from "../../../internal/config/settings.ts";
import { renderChart } from "../../harness/chart.ts";
import { runCommand } from "../../harness/command.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { pem } from "../../integration/edge/certificates.ts";
import { environmentOf, podsOf, type SecretValue } from "./pods.ts";
import { production, releases } from "./releases.ts";

const known = Object.keys(definitions) as SettingName[];
const beginning = (prefix: string) => known.filter((name) => name.startsWith(prefix));

/** What each command reads. */
const commands: Record<string, readonly SettingName[]> = {
  api: apiSettings,
  delivery: deliverySettings,
  controller: controllerSettings,
  migrate: ["DATABASE_URL", "DATABASE_APP_ROLE"],
  retention: ["DATABASE_URL", "RETENTION", "AUDIT_RETENTION"],
  receiver: ["SEALPOST_MODE", "LISTEN_ADDRESS", ...beginning("RECEIVER_")],
  bootstrap: ["SEALPOST_MODE", "SEALPOST_ADMIN_KEY", "ALLOW_PLAINTEXT_API", ...beginning("BOOTSTRAP_")],
  verify: ["SEALPOST_MODE", "ALLOW_PLAINTEXT_API", ...beginning("VERIFY_")],
};

/** Good values of every setting that `config` takes, as people write them in YAML. */
const good: Record<string, unknown[]> = {
  whole: [1, 8, 10_000_000, 999_999_999_999_999, "8", "010", ""],
  duration: ["500ms", "0s", "30s", "5m", "6h", "30d", "999999999999d", ""],
  bytes: ["0B", "64KiB", "512MiB", "10GiB", "2TiB", ""],
  schedule: ["0s", "0s,1m,5m,30m,6h", " 0s , 1000ms", `0s${",1s".repeat(19)}`, ""],
  "name-or-none": ["::", "0.0.0.0", ""],
};

const bad: Record<string, unknown[]> = {
  whole: [0, -1, 1.5, "0", "-1", "1e3", "8 ", true, 1e15],
  duration: ["30", 30, "1.5s", "-1s", "soon", "30 s", "30S", "1w", true],
  bytes: ["10GB", 1_000_000, "10Gi", "-1B", "1.5GiB", "10 GiB", "KiB"],
  schedule: ["1m,5m", "0s,500ms", "0s,,1m", "0s,", `0s${",1s".repeat(20)}`, 0, "now"],
  "name-or-none": ["two names", "tab\there", " "],
};

/** Where a setting takes less than its format, or words. */
const own: Partial<Record<SettingName, { good: unknown[]; bad: unknown[] }>> = {
  NATS_REPLICAS: { good: [1, 3, 5, "5", ""], bad: [0, 6, "6", "55", 1.5] },
  SWEEP_GRACE: { good: ["11s", "11000ms", "1m", "2h", ""], bad: ["10s", "10999ms", "0s", "9s", 11, "soon"] },
  CONTROLLER_LEASE_DURATION: { good: ["3s", "3000ms", "15s", "1m", ""], bad: ["2s", "2999ms", "0m", 3, "soon"] },
  LOG_LEVEL: { good: ["debug", "silent", ""], bad: ["loud", "INFO", 3, true] },
  DELIVERY_TRACE_CONTEXT: { good: [true, false, "true", "false", ""], bad: ["yes", "on", 1] },
  GRPC_REFLECTION: { good: ["auto", "on", "off", true, false, ""], bad: ["true", "yes", 1] },
  DELIVERY_TIMEOUT: { good: ["500ms", "0s", "10s", "20s", ""], bad: bad["duration"] ?? [] },
};

/** One of each setting in every round, until each had all of its own. */
function rounds(of: "good" | "bad", byFormat: Record<string, unknown[]>): Record<string, unknown>[] {
  const lists = takenSettings.map((name): [string, unknown[]] => [
    name,
    own[name]?.[of] ?? byFormat[String(definitions[name].format)] ?? [],
  ]);
  const most = Math.max(...lists.map(([, list]) => list.length));
  return Array.from({ length: most }, (_, i) =>
    Object.fromEntries(lists.map(([name, list]) => [name, list[i % list.length]])),
  );
}

const given = rounds("good", good);
const refused = rounds("bad", bad);

/** Read by Node.js and by the OpenTelemetry SDK. */
const others = /^(NODE_ENV|NODE_EXTRA_CA_CERTS|OTEL_[A-Z_]+)$/;

/** As docs/operations.md says that Secrets are made; certificates are those of the tests of TLS. */
const valueOf: SecretValue = (secret, key) => {
  const values: Record<string, string | Buffer> = {
    url:
      secret === "proxy" ? "http://user:password@proxy:3128" : "postgresql://sealpost:password@postgres:5432/sealpost",
    regions: "us=tls://user:password@nats.us:4222|tls://nats-1.us:4222,eu=tls://nats.eu:4222",
    keys: `${"a".repeat(64)}\n${"b".repeat(64)}\n`,
    pepper: "c".repeat(64),
    "nats.creds": "-----BEGIN NATS USER JWT-----",
    token: "hvs.token",
    "ca.crt": pem("server-ca.pem"),
    "tls.crt": pem("server-1.pem"),
    "tls.key": pem("server-1.key"),
    workspaceId: "wsp_01h00000000000000000000000",
  };
  return String(values[key] ?? `${secret}-${key}-0123456789abcdef`);
};

describeCluster("the settings that pods have", () => {
  it.each(Object.entries(releases))("are known, complete and accepted: %s", async (_, values) => {
    const { objects } = await renderChart(values);
    const ours = podsOf(objects).flatMap((pod) =>
      [...(pod.initContainers ?? []), ...pod.containers]
        .filter(({ image }) => /^sealpost[:@]/.test(image))
        .map((container) => ({ command: container.args?.[0] ?? "", env: environmentOf(pod, container, valueOf) })),
    );
    expect(ours.length).toBeGreaterThan(0);
    for (const { command, env } of ours) {
      const strange = Object.keys(env).filter((name) => !others.test(name) && !(known as string[]).includes(name));
      expect({ command, strange }).toEqual({ command, strange: [] });
      const settings = readSettings([...(commands[command] ?? [])], { env });
      if ("SEALPOST_MODE" in settings) expect(settings.SEALPOST_MODE).toBe("production");
    }
  });

  it.each(given)("are taken, as YAML and as text: %j", async (config) => {
    const { objects } = await renderChart({ ...production, config });
    for (const pod of podsOf(objects)) {
      for (const container of pod.containers) {
        const env = environmentOf(pod, container, valueOf);
        const names = takenSettings.filter((name) => name in config);
        expect(names.filter((name) => !(name in env))).toEqual([]);
        expect(() => readSettings(names, { env })).not.toThrow();
      }
    }
  });

  it.each(refused)("are refused before anything is installed, each by its path: %j", async (config) => {
    const message = await renderChart({ ...production, config }).then(
      () => "it was rendered",
      (error: Error) => error.message,
    );
    for (const [name, value] of Object.entries(config)) {
      expect(message).toContain(`at '/config/${name}': `);
      // The program says the same: it was no mistake to refuse it.
      const env = { [name]: String(value) };
      expect(() => readSettings([name as SettingName], { env })).toThrow(name);
    }
  });

  it("are refused by the migration, before any pod starts, where the values do not show that they are wrong", async () => {
    const { objects } = await renderChart({
      ...production,
      region: "ap",
      nats: { existingSecret: "nats" },
      egress: { denyCIDRs: ["10.1.2.3/8"] },
      api: { tls: { existingSecret: "tls" }, trustedProxies: ["10.0.0.0/33"] },
      extraEnv: [{ name: "DELIVERY_TIMEOUT", value: "soon" }],
    });
    const jobs = objects.filter(({ metadata }) => metadata.name === "sealpost-migrate");
    const [pod] = podsOf(jobs);
    const [container] = pod?.containers ?? [];
    if (!pod || !container) throw new Error("there is no migration");
    const { lines, ended } = runCommand("migrate", environmentOf(pod, container, valueOf));
    // What the Job does not try again.
    const given = { containerName: container.name, operator: "In", values: [await ended] };
    expect(jobs).toMatchObject([
      { spec: { podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: given }] } } },
    ]);
    expect(lines().join("\n")).toMatch(/^settings that are missing or wrong:/);
    for (const name of ["EGRESS_DENY_CIDRS", "TRUSTED_PROXIES", "DELIVERY_TIMEOUT"]) {
      expect(lines().join("\n")).toContain(`  ${name} must be `);
    }
    expect(lines().join("\n")).toContain("  DELIVERY_REGIONS names ap, which SEALPOST_REGIONS does not have");
  });
});

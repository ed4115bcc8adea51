import { expect, it } from "@jest/globals";
import { apiSettings, controllerSettings, deliverySettings } from "../../../internal/config/parts.ts";
import { readSettings } from "../../../internal/config/read.ts";
import { definitions, type SettingName } from "../../../internal/config/settings.ts";
import { renderChart } from "../../harness/chart.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { pem } from "../../integration/edge/certificates.ts";
import { environmentOf, podsOf, type SecretValue } from "./pods.ts";
import { releases } from "./releases.ts";

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

  it("are refused where the values do not show that they are wrong", async () => {
    const { objects } = await renderChart({ ...releases["a trial"], config: { DELIVERY_TIMEOUT: "soon" } });
    const [pod] = podsOf(objects.filter(({ metadata }) => metadata.name === "sealpost-delivery"));
    const [container] = pod?.containers ?? [];
    if (!pod || !container) throw new Error("there is no delivery pod");
    const env = environmentOf(pod, container, valueOf);
    expect(() => readSettings(deliverySettings, { env })).toThrow(
      "DELIVERY_TIMEOUT must be a whole number with a unit",
    );
  });
});

import { expect, it } from "@jest/globals";
import { renderChart } from "../../harness/chart.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { production } from "./releases.ts";

const trial = { region: "us", trial: { enabled: true } };

/** What people write, and what they are told. */
const mistakes: [what: string, values: object, told: string | RegExp][] = [
  ["a key that does not exist", { ...production, delivry: {} }, /additional properties 'delivry' not allowed/],
  [
    "one deep inside",
    { ...production, api: { ...production.api, tls: { existingSecert: "tls" } } },
    /at '\/api\/tls': additional properties 'existingSecert' not allowed/,
  ],
  [
    "a wrong type",
    { ...production, delivery: { replicas: "three" } },
    /at '\/delivery\/replicas': got string, want integer/,
  ],
  [
    "a setting that does not exist",
    { ...production, config: { RETENTOIN: "14d" } },
    /at '\/config': additional properties 'RETENTOIN' not allowed/,
  ],
  [
    "a secret among the settings",
    { ...production, config: { DATABASE_URL: "postgresql://…" } },
    /at '\/config': additional properties 'DATABASE_URL' not allowed/,
  ],
  [
    "a size in other units",
    { ...production, config: { STREAM_MAX_BYTES: "10GB" } },
    "at '/config/STREAM_MAX_BYTES': '10GB' does not match pattern '^(0*[0-9]{1,12}(B|KiB|MiB|GiB|TiB))?$'",
  ],
  [
    "a size without a unit",
    { ...production, config: { STREAM_MAX_BYTES: 10_000_000 } },
    "at '/config/STREAM_MAX_BYTES': got number, want string",
  ],
  [
    "a duration without a unit",
    { ...production, config: { RETENTION: "14" } },
    "at '/config/RETENTION': '14' does not match pattern '^(0*[0-9]{1,12}(ms|s|m|h|d))?$'",
  ],
  [
    "no connections at all",
    { ...production, config: { DATABASE_POOL_SIZE: 0 } },
    "at '/config/DATABASE_POOL_SIZE': minimum: got 0, want 1",
  ],
  [
    "more replicas than NATS has",
    { ...production, config: { NATS_REPLICAS: 7 } },
    "at '/config/NATS_REPLICAS': maximum: got 7, want 5",
  ],
  [
    "a word that is none of the setting's",
    { ...production, config: { LOG_LEVEL: "verbose" } },
    "at '/config/LOG_LEVEL': value must be one of 'fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent', ''",
  ],
  [
    "a schedule that does not begin at once",
    { ...production, config: { WEBHOOK_RETRY_SCHEDULE: "1m,5m" } },
    String.raw`at '/config/WEBHOOK_RETRY_SCHEDULE': '1m,5m' does not match pattern '^([ \\t\\r\\n]*0+(ms|[smhd])[ \\t\\r\\n]*` +
      String.raw`(,[ \\t\\r\\n]*0*([0-9]{1,12}[smhd]|([0-9]{0,9}000|0)ms)[ \\t\\r\\n]*){0,19})?$'`,
  ],
  [
    "a lease too short to be kept",
    { ...production, config: { CONTROLLER_LEASE_DURATION: "2s" } },
    "at '/config/CONTROLLER_LEASE_DURATION': '2s' does not match pattern '^(0*(([4-9][0-9]{3}|3[1-9][0-9]{2}|30[1-9][0-9]{1}|" +
      "300[0-9]|[1-9][0-9]{4,11})(ms)|([3-9]|[1-9][0-9]{1,11})(s)|([1-9]|[1-9][0-9]{1,11})(m|h|d)))?$'",
  ],
  [
    "a block of addresses that is none",
    { ...production, egress: { denyCIDRs: ["cluster"] } },
    String.raw`at '/egress/denyCIDRs/0': 'cluster' does not match pattern '^(([0-9]{1,3}(\\.[0-9]{1,3}){3}|` +
      "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/(0|[1-9][0-9]{0,2}))?)$'",
  ],
  [
    "an address without its protocol",
    { ...production, encryption: { provider: "vault", vault: { address: "vault:8200" } } },
    String.raw`at '/encryption/vault/address': 'vault:8200' does not match pattern '^([Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20\\x7f]+)?$'`,
  ],
  [
    "a plan that is none",
    { ...production, bootstrap: { enabled: true, planTier: "GOLD" } },
    "at '/bootstrap/planTier': value must be one of 'FREE', 'GROWTH', 'ENTERPRISE'",
  ],
  [
    "a key that would travel in plain text",
    { ...production, controller: { existingSecret: "controller", apiUrl: "http://sealpost.example.com:50051" } },
    "controller.apiUrl: over http:// the company key would travel in plain text. Use https://, or set",
  ],
  ["no region", { ...production, region: "" }, "region: which region is this release for?"],
  ["a region that is no name", { ...production, region: "US East" }, /at '\/region': 'US East' does not match pattern/],
  [
    "a region in two spellings",
    { ...production, region: "us-1" },
    "region: us-1 is not among nats.regions (us); is one of them spelled differently?",
  ],
  ["no database", { ...production, postgres: {} }, "postgres.existingSecret: there is no database."],
  ["no NATS", { ...production, nats: {} }, "nats.regions: no region has a NATS."],
  ["no certificate", { ...production, api: {} }, "api.tls.existingSecret: gRPC and HTTP need a certificate."],
  [
    "an api that asks for certificates, and a controller without one",
    { ...production, api: { tls: { existingSecret: "tls", clientCASecret: "client-ca" } } },
    "controller.clientCertSecret: with api.tls.clientCASecret the api asks its callers for a certificate",
  ],
  ["no keyring", { ...production, encryption: {} }, "encryption.existingSecret: signing secrets need a keyring."],
  ["a controller without a key", { ...production, controller: {} }, "controller.existingSecret: the controller needs"],
  [
    "fewer pods at most than at least, and one port for two",
    {
      ...production,
      api: { ...production.api, autoscaling: { enabled: true, maxReplicas: 1 }, service: { httpPort: 50051 } },
    },
    "  api.service.grpcPort and api.service.httpPort: both are 50051; set one to another port\n" +
      "  api.autoscaling.minReplicas: 2 are more than maxReplicas (1)",
  ],
  [
    "a policy for traffic from outside that cannot come",
    { ...production, api: { ...production.api, service: { externalTrafficPolicy: "Local" } } },
    "api.service.externalTrafficPolicy: nothing comes from outside to api.service.type ClusterIP; set the type to LoadBalancer",
  ],
  [
    "KEDA and an HPA",
    {
      ...production,
      delivery: { autoscaling: { enabled: true }, keda: { enabled: true, natsMonitoringEndpoint: "nats:8222" } },
    },
    "delivery.keda.enabled and delivery.autoscaling.enabled: two would scale one Deployment",
  ],
  [
    "a trial with an external database",
    { ...trial, postgres: { existingSecret: "postgres" } },
    "trial.enabled and postgres.existingSecret: a trial brings its own Postgres",
  ],
  [
    "two ways of scraping",
    { ...production, monitoring: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    "monitoring.podMonitor.enabled and monitoring.serviceMonitor.enabled: everything would be scraped twice",
  ],
  [
    "a pod that is killed in the middle of a delivery",
    { ...production, config: { DELIVERY_TIMEOUT: "45s" } },
    "delivery.terminationGracePeriodSeconds: 30 s end before preStopSeconds and the time to drain do (45 s)",
  ],
  [
    "a role for the pods and none for the migration",
    { ...production, postgres: { existingSecret: "postgres", appRole: "app" } },
    "postgres.owner.existingSecret: with postgres.appRole, migrations and partitions need",
  ],
  [
    "nothing at all",
    { ...production, api: { enabled: false }, delivery: { enabled: false }, controller: { enabled: false } },
    "all are off, nothing is left to install",
  ],
];

describeCluster("the chart refuses", () => {
  it.each(mistakes)("%s", async (_, values, told) => {
    await expect(renderChart(values)).rejects.toThrow(told);
  });

  it("everything at once, in one answer", async () => {
    const { message } = await renderChart({}).then(
      () => new Error("it was rendered"),
      (error: Error) => error,
    );
    const named = message.split("\n").flatMap((line) => /^ {2}([a-zA-Z.]+): /.exec(line)?.[1] ?? []);
    expect(named).toEqual([
      "region",
      "postgres.existingSecret",
      "nats.regions",
      "encryption.existingSecret",
      "pepper.existingSecret",
      "admin.existingSecret",
      "api.tls.existingSecret",
      "controller.existingSecret",
    ]);
  });
});

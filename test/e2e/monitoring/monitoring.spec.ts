import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type Counter, Histogram } from "prom-client";
import { parse } from "yaml";
import { catalogue } from "../../../internal/telemetry/catalogue.ts";
import { controllerMetrics } from "../../../internal/telemetry/controller-catalogue.ts";
import type { MetricDefinition } from "../../../internal/telemetry/metric-definition.ts";
import { createMetrics } from "../../../internal/telemetry/metrics.ts";
import { type MetricsServer, serveMetrics } from "../../../internal/telemetry/metrics-server.ts";
import { describePrometheus } from "../../harness/describe-prometheus.ts";
import { type Prometheus, startPrometheus } from "../../harness/prometheus.ts";
import { type System, startSystem } from "../../harness/system.ts";
import { startVaultDouble, type VaultDouble } from "../../harness/vault-transit.ts";
import { until } from "../../harness/wait.ts";
import { startLoad } from "./load.ts";
import { readQuery } from "./selectors.ts";

// What an operator imports is what is tried: the files of deploy/.
const deploy = fileURLToPath(new URL("../../../deploy/", import.meta.url));
const rulesFile = `${deploy}alerts/sealpost.yaml`;

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
const panels = readdirSync(`${deploy}dashboards`)
  .filter((file) => file.endsWith(".json"))
  .flatMap((file) => {
    const dashboard = JSON.parse(readFileSync(`${deploy}dashboards/${file}`, "utf8")) as { panels: Panel[] };
    return dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ panel: `${file}: ${title}`, expr })),
    );
  });

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
}
const rules = (parse(readFileSync(rulesFile, "utf8")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** Of what a test cannot have without more: this system speaks plain text. */
const empty = ["runtime.json: Certificate ends in"];

/** As Grafana fills its variables in. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "20s").replaceAll("$__range", "1m").replaceAll("$region", ".*");
}

describePrometheus("dashboards and alerts, in a Prometheus that scrapes a system under load", () => {
  let system: System;
  let load: Awaited<ReturnType<typeof startLoad>>;
  let prometheus: Prometheus;
  let controller: MetricsServer;
  let vault: VaultDouble;
  /** The labels of each metric that was scraped. */
  const known = new Map<string, Set<string>>();

  beforeAll(async () => {
    vault = await startVaultDouble();
    const env = {
      SECRET_KEY_PROVIDER: "vault",
      VAULT_ADDR: vault.url,
      VAULT_TOKEN: vault.token,
      VAULT_TRANSIT_KEY: "sealpost",
    };
    system = await startSystem({ regions: ["us", "eu"], schedule: "0s,1s,3s", env });
    controller = await serveController();
    const address = ({ metrics }: { metrics: string }) => new URL(metrics).host;
    prometheus = await startPrometheus(
      {
        "sealpost-api": system.apis.map(address),
        "sealpost-delivery": system.deliveries.map(address),
        "sealpost-controller": [`127.0.0.1:${controller.port}`],
      },
      rulesFile,
    );
    load = await startLoad(system);
  });
  afterAll(async () => {
    await load?.stop();
    await prometheus?.stop();
    await controller?.close();
    await system?.stop();
    await vault?.close();
  });

  it("finds something for every query of every panel that should have some", async () => {
    let missing = panels;
    const allFound = async () => {
      const answers = await Promise.all(missing.map(({ expr }) => prometheus.query(filledIn(expr))));
      missing = missing.filter((_, i) => !answers[i]?.some(({ value }) => value[1] !== "NaN"));
      return missing.every(({ panel }) => empty.includes(panel));
    };
    await until(allFound, { timeoutMs: 90_000, what: "every panel to have data" }).catch((error: Error) => {
      throw new Error(
        `${error.message}; these have none:\n${missing.map((each) => Object.values(each).join(": ")).join("\n")}`,
      );
    });
    expect(missing).toHaveLength(empty.length);
  });

  it("asks only for metrics and labels that exist", async () => {
    const series = await prometheus.api<Record<string, string>[]>("series", { "match[]": '{job=~"sealpost-.+"}' });
    for (const { __name__: name = "", ...labels } of series) {
      const labelsOf = known.get(name) ?? new Set<string>();
      known.set(name, labelsOf);
      for (const label of Object.keys(labels)) labelsOf.add(label);
    }
    // Without TLS it has no series, but it is served.
    known.set(catalogue.certificateExpiry.name, new Set(["use", "instance", "job"]));
    expect(await (await fetch(`${system.apis[0]?.metrics}/metrics`)).text()).toContain(
      catalogue.certificateExpiry.name,
    );
    for (const { record } of rules) if (record) known.set(record, new Set(["region"]));

    for (const { expr } of [...panels, ...rules]) {
      const { selectors, groupedBy } = readQuery(filledIn(expr));
      expect(selectors.length).toBeGreaterThan(0);
      for (const { metric, labels } of selectors) {
        expect({ expr, metric, exists: known.has(metric) }).toEqual({ expr, metric, exists: true });
        expect(labels.filter((label) => !known.get(metric)?.has(label))).toEqual([]);
      }
      const labels = new Set(selectors.flatMap(({ metric }) => [...(known.get(metric) ?? [])]));
      expect(groupedBy.filter((label) => !labels.has(label))).toEqual([]);
    }
  });

  it("never sees a tenant, an endpoint, an id or an address in a label", async () => {
    const closed = new Map<string, Set<string>>();
    for (const { name, labels } of Object.values<MetricDefinition>(catalogue)) {
      for (const [label, values] of Object.entries(labels)) {
        if (typeof values !== "string") closed.set(`${name} ${label}`, new Set(values));
      }
    }
    const series = await prometheus.api<Record<string, string>[]>("series", { "match[]": '{job=~"sealpost-.+"}' });
    expect(series.length).toBeGreaterThan(200);
    for (const { __name__: name = "", job: _job, instance: _instance, ...labels } of series) {
      for (const [label, value] of Object.entries(labels)) {
        expect(`${name} ${label}=${value}`).not.toMatch(
          /:\/\/|[a-z]{2,4}_[0-9a-z]{26}|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}|\d+\.\d+\.\d+\.\d+|localhost|Test (company|workspace)/,
        );
        const allowed = closed.get(`${name.replace(/_(bucket|sum|count)$/, "")} ${label}`);
        if (allowed) expect([...allowed]).toContain(value);
      }
    }
  });

  it("evaluates every rule without an error", async () => {
    const { groups } = await prometheus.api<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>("rules");
    const states = groups.flatMap((group) =>
      group.rules.map(({ name, health, lastError }) => ({ name, health, lastError })),
    );
    expect(states).toHaveLength(rules.length);
    for (const state of states) expect(state).toEqual({ ...state, health: "ok", lastError: undefined });
  });
});

/** The controller's registry with a value for each of its metrics, until this harness runs a controller. */
async function serveController(): Promise<MetricsServer> {
  const metrics = createMetrics({ part: "controller", version: "test" });
  const keys = Object.keys(controllerMetrics) as (keyof typeof controllerMetrics)[];
  metrics.onScrape(() => {
    for (const key of keys) {
      const values = Object.entries<readonly string[] | string>(controllerMetrics[key].labels);
      const labels = Object.fromEntries(
        values.map(([label, known]) => [label, typeof known === "string" ? "some" : (known[0] as string)]),
      ) as Record<string, string>;
      const metric = metrics[key] as Counter | Histogram;
      if (metric instanceof Histogram) metric.observe(labels, 0.01);
      else metric.inc(labels);
    }
  });
  return serveMetrics({ port: 0, host: "127.0.0.1", metrics, notReady: () => undefined });
}

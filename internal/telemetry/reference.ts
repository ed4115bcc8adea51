import { catalogue, runtimeMetrics } from "./catalogue.ts";
import { controllerMetrics } from "./controller-catalogue.ts";
import type { LabelValues, MetricDefinition } from "./metric-definition.ts";

/** docs/metrics.md. */
export function renderReference(): string {
  const own = Object.entries(catalogue).filter(([key]) => !(key in controllerMetrics));
  return `<!-- made from internal/telemetry/catalogue.ts by \`npm run metrics:gen\`; change it there -->

# Metrics

Every process serves \`/metrics\` on its \`METRICS_PORT\`, in Prometheus' text form, without authentication: keep the port
inside. No label names a tenant, an endpoint, an address or an id. Labels whose values stand in *italics* have as many as
an installation has regions, streams or methods. Counters with a region begin at 0 when a process starts.

Two service levels are read from them, and kept apart: the platform's (accepted, started on time, ended without a fault
of ours), which pages whoever runs Sealpost, and the receivers' (\`sealpost_attempts_total\` by outcome), which is their
owners' business. [Dashboards and alerts](../deploy/README.md) use these names and no others.

## Sealpost

${table(own.map(([, definition]) => definition))}

## The controller

The names of controller-runtime and client-go, so that dashboards made for these work.

${table(Object.values(controllerMetrics))}

## Node and the process

prom-client's own; these are used in dashboards and alerts, and there are more.

${table(Object.values(runtimeMetrics))}
`;
}

function table(definitions: MetricDefinition[]): string {
  const rows = definitions.map(({ name, type, unit, help, labels, parts }) => {
    const cells = [
      `\`${name}\``,
      type,
      unit,
      Object.entries(labels).map(describeLabel).join("; "),
      parts.join(", "),
      help,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `| Metric | Type | Unit | Labels | Served by | What it says |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}`;
}

function describeLabel([label, values]: [string, LabelValues]): string {
  return `\`${label}\`: ${typeof values === "string" ? `*${values}*` : values.map((value) => `\`${value}\``).join(", ")}`;
}

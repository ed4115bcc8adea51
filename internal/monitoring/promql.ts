import type { Labels, MetricDefinition } from "../telemetry/metric-definition.ts";

/** A matcher other than equality. */
interface Match {
  operator: "=~" | "!~" | "!=";
  value: string;
}

type ValueOf<V> = V extends readonly (infer Word)[] ? Word : string;
/** Only labels that the metric has, and only values that they can have. */
type Matchers<L extends Labels> = { [Name in keyof L]?: ValueOf<L[Name]> | Match };

/** The regions that are chosen on a dashboard. */
export const chosenRegions: Match = { operator: "=~", value: "$region" };

export function anyOf(...values: string[]): Match {
  return { operator: "=~", value: values.join("|") };
}

export function not(value: string): Match {
  return { operator: "!=", value };
}

/** A metric's series that match: `sealpost_attempts_total{region=~"$region"}`. */
export function series<L extends Labels>(metric: MetricDefinition<L>, matchers: Matchers<L> = {}): string {
  return select(metric.name, matchers);
}

/** The buckets of a histogram; with `le`, those that are at most so large. */
export function buckets<L extends Labels>(
  metric: MetricDefinition<L> & { type: "histogram" },
  matchers: Matchers<L> = {},
  le?: number,
): string {
  if (le !== undefined && !metric.buckets?.includes(le))
    throw new Error(`${metric.name} has no bucket that ends at ${le}`);
  return select(`${metric.name}_bucket`, { ...matchers, ...(le !== undefined && { le: String(le) }) });
}

/** How often a histogram was observed. */
export function counts<L extends Labels>(
  metric: MetricDefinition<L> & { type: "histogram" },
  matchers: Matchers<L> = {},
): string {
  return select(`${metric.name}_count`, matchers);
}

/** The sum of what a histogram observed. */
export function sums<L extends Labels>(
  metric: MetricDefinition<L> & { type: "histogram" },
  matchers: Matchers<L> = {},
): string {
  return select(`${metric.name}_sum`, matchers);
}

/** Grafana's own interval: as long as a point on the screen, four scrapes at least. */
const screenInterval = "$__rate_interval";

/** How much a second, summed by these labels. */
export function rate(selector: string, by: readonly string[] = [], interval = screenInterval): string {
  return `sum${grouping(by)} (rate(${selector}[${interval}]))`;
}

/** A quantile of a histogram, estimated from its buckets. */
export function quantile<L extends Labels>(
  q: number,
  metric: MetricDefinition<L> & { type: "histogram" },
  matchers: Matchers<L> = {},
  by: readonly (keyof L & string)[] = [],
): string {
  return `histogram_quantile(${q}, ${rate(buckets(metric, matchers), [...by, "le"])})`;
}

/** Methods by their short names: `EventService/PublishEvent`. */
export function shortMethods(expression: string): string {
  return `label_replace(${expression}, "method", "$1", "method", "sealpost[.]v1[.](.+)")`;
}

export function grouping(by: readonly string[]): string {
  return by.length === 0 ? "" : ` by (${by.join(", ")})`;
}

/** Braces even without a matcher, so that a metric's name is recognised wherever it stands. */
function select(name: string, matchers: { [label: string]: string | Match | undefined }): string {
  const written = Object.entries(matchers).flatMap(([label, match]) => {
    if (match === undefined) return [];
    const { operator, value } = typeof match === "string" ? { operator: "=", value: match } : match;
    return `${label}${operator}"${value}"`;
  });
  return `${name}{${written.join(",")}}`;
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { catalogue } from "./catalogue.ts";
import type { Labels, MetricDefinition, Part } from "./metric-definition.ts";

type Catalogue = typeof catalogue;
type LabelNames<D> = D extends { labels: infer L } ? Extract<keyof L, string> : never;
type MetricOf<D> = D extends { type: "counter" }
  ? Counter<LabelNames<D>>
  : D extends { type: "gauge" }
    ? Gauge<LabelNames<D>>
    : Histogram<LabelNames<D>>;

export type Metrics = { readonly [K in keyof Catalogue]: MetricOf<Catalogue[K]> } & {
  /** Runs before every scrape, for values that are read and not counted. */
  onScrape(read: () => void | Promise<void>): void;
  /** The text form (Prometheus exposition 0.0.4). */
  text(): Promise<string>;
  readonly contentType: string;
};

export interface MetricsOptions {
  part: Part;
  version: string;
  /** The regions that this process serves: their counters begin at 0, so that the first rise is seen as one. */
  regions?: readonly string[];
}

/** The metrics of the catalogue; those of this part are served, the others count in vain. */
export function createMetrics({ part, version, regions = [] }: MetricsOptions): Metrics {
  const registry = new Registry();
  const scrapes: (() => void | Promise<void>)[] = [];
  collectDefaultMetrics({ register: registry });

  const metrics: Record<string, Counter | Gauge | Histogram> = {};
  for (const [key, definition] of Object.entries<MetricDefinition>(catalogue)) {
    const served = definition.parts.includes(part);
    const metric = create(definition, served ? [registry] : []);
    if (served && metric instanceof Counter) startAtZero(metric, definition.labels, regions);
    metrics[key] = metric;
  }
  (metrics.build as Gauge).set({ part, version, node: process.version }, 1);

  return Object.assign(metrics as unknown as { [K in keyof Catalogue]: MetricOf<Catalogue[K]> }, {
    onScrape(read: () => void | Promise<void>): void {
      scrapes.push(read);
    },
    async text(): Promise<string> {
      await Promise.allSettled(scrapes.map(async (read) => read()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  });
}

function create(definition: MetricDefinition, registers: Registry[]): Counter | Gauge | Histogram {
  const { name, help, type, labels, buckets = [] } = definition;
  const common = { name, help, labelNames: Object.keys(labels), registers };
  if (type === "counter") return new Counter(common);
  if (type === "gauge") return new Gauge(common);
  return new Histogram({ ...common, buckets: [...buckets] });
}

/** Every combination of labels that is known beforehand: those with closed values, and the regions. */
function startAtZero(metric: Counter, labels: Labels, regions: readonly string[]): void {
  let combinations: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    const known = label === "region" ? regions : values;
    if (typeof known === "string") return;
    combinations = combinations.flatMap((each) => known.map((value) => ({ ...each, [label]: value })));
  }
  for (const each of combinations) metric.inc(each, 0);
}

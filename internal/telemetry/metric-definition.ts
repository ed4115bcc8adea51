/** The processes that serve metrics. */
export type Part = "api" | "delivery" | "controller";

/**
 * What a label may hold: these words and no others, or, as a sentence, a set that an installation chooses and that
 * stays small. A tenant, an endpoint, an id or an address is neither.
 */
export type LabelValues = readonly string[] | string;

export type Labels = Readonly<Record<string, LabelValues>>;

export interface MetricDefinition<L extends Labels = Labels> {
  /** As Prometheus shows it. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  /** What a value is counted in. */
  unit: string;
  /** One sentence or less, without a full stop. */
  help: string;
  labels: L;
  /** Which processes serve it. */
  parts: readonly Part[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  buckets?: readonly number[];
}

type Rest<L extends Labels> = Omit<MetricDefinition<L>, "type" | "name">;

/** Only grows; its name ends in `_total`. */
export function counter<const L extends Labels>(name: `${string}_total`, rest: Omit<Rest<L>, "buckets">) {
  return { name, type: "counter", ...rest } as const;
}

export function gauge<const L extends Labels>(name: string, rest: Omit<Rest<L>, "buckets">) {
  return { name, type: "gauge", ...rest } as const;
}

export function histogram<const L extends Labels>(name: string, rest: Rest<L> & { buckets: readonly number[] }) {
  return { name, type: "histogram", ...rest } as const;
}

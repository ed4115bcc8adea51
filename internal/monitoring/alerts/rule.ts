/** Who is told: critical wakes whoever runs Sealpost, warning is for working hours, info is to be known. */
export type Severity = "critical" | "warning" | "info";

export interface Alert {
  name: `Sealpost${string}`;
  /** PromQL: fires while it answers anything. */
  expr: string;
  /** How long that must last. */
  for: string;
  severity: Severity;
  /** One line, with the labels that say where. */
  summary: string;
  labels?: Record<string, string>;
}

export interface Recording {
  record: string;
  expr: string;
}

/** A group of a Prometheus rules file, as a PrometheusRule has it too. */
export interface RuleGroup {
  name: string;
  rules: object[];
}

/** Where docs/runbooks is published, unless it is told; every alert has its page there. A name that leads nowhere yet. */
export const runbooks = "https://sealpost.dev/runbooks";

export function ruleOf({ name, expr, severity, summary, labels, ...alert }: Alert): object {
  return {
    alert: name,
    expr,
    for: alert.for,
    labels: { severity, ...labels },
    annotations: { summary, runbook_url: `${runbooks}/${name}` },
  };
}

import { createRequire } from "node:module";

interface Node {
  name: string;
  from: number;
  to: number;
  type: { isError: boolean };
  node: { parent: { name: string } | null; getChild(name: string): { from: number; to: number } | null };
}

// Its ES module has no extension that jest takes for one.
const require = createRequire(import.meta.url);
const { parser } = require("@prometheus-io/lezer-promql") as {
  parser: { parse(text: string): { iterate(visitor: { enter(node: Node): void }): void } };
};

export interface Query {
  selectors: {
    metric: string;
    /** Names of the labels that its matchers use. */
    labels: string[];
  }[];
  /** Labels of `by`, `on` and the like. */
  groupedBy: string[];
}

/** What a PromQL expression asks for. @throws Error when it is no PromQL. */
export function readQuery(expression: string): Query {
  const query: Query = { selectors: [], groupedBy: [] };
  const textAt = ({ from, to }: { from: number; to: number }) => expression.slice(from, to);
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expression}`);
      if (node.name === "VectorSelector") {
        const metric = node.node.getChild("Identifier");
        if (!metric) throw new Error(`a selector without a metric: ${expression}`);
        query.selectors.push({ metric: textAt(metric), labels: [] });
      } else if (node.name === "LabelName") {
        const inGrouping = node.node.parent?.name === "GroupingLabels";
        (inGrouping ? query.groupedBy : (query.selectors.at(-1)?.labels ?? [])).push(textAt(node));
      }
    },
  });
  return query;
}

import type { DocumentedValue } from "./documented-values.ts";

/** The values as tables of the README, one for each part. */
export function valuesTable(values: DocumentedValue[]): string {
  const single = values.filter((value) => value.children.length === 0);
  const parts = values.filter((value) => value.children.length > 0);
  const head = "| Value | Default | What it is for |\n| --- | --- | --- |";
  const rows = (list: DocumentedValue[]) => [head, ...list.flatMap((value) => leaves(value, true)).map(row)].join("\n");
  return [
    `### The release\n\n${rows(single)}\n`,
    ...parts.map((part) => `### ${part.key}\n\n${part.description && `${part.description}\n\n`}${rows([part])}\n`),
  ].join("\n");
}

function leaves(value: DocumentedValue, part = false): DocumentedValue[] {
  if (value.children.length === 0) return [value];
  const [first, ...others] = value.children as [DocumentedValue, ...DocumentedValue[]];
  // A part has its description above its table; that of a smaller group stands with its first value.
  const described = { ...first, description: first.description || (part ? "" : value.description) };
  return [described, ...others].flatMap((child) => leaves(child));
}

function row({ path, default: standard, description, annotation }: DocumentedValue): string {
  const words = Array.isArray(annotation["enum"])
    ? (annotation["enum"] as unknown[]).filter((word) => word !== "")
    : [];
  const oneOf = words.length > 0 ? ` One of ${words.map((word) => `\`${String(word)}\``).join(", ")}.` : "";
  const shown = standard === "" ? "" : `\`${typeof standard === "string" ? standard : JSON.stringify(standard)}\``;
  const cells = [`\`${path}\``, shown, `${description}${oneOf}`.trim()];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

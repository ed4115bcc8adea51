import { isMap, isScalar, type Pair, parse, parseDocument, type YAMLMap } from "yaml";

/** One value of values.yaml, with what stands above it. */
export interface DocumentedValue {
  key: string;
  /** `api.service.type` */
  path: string;
  /** One sentence or several; empty where the key says it all. */
  description: string;
  /** JSON Schema keywords: of the setting that it becomes, and of the `# @schema` block, in YAML, which counts more. */
  annotation: Record<string, unknown>;
  default: unknown;
  /** Of a map with values of its own; a map without any is a value itself. */
  children: DocumentedValue[];
}

/**
 * Reads values.yaml with its comments. Above a key stand a block between two lines `# @schema`, in the format of
 * helm-schema, and the description; a comment that an empty line parts from the key belongs to the file. `forms` are
 * keywords by the paths of values.
 * @throws Error that names the value whose comment cannot be read, or which has a form and is not there
 */
export function readDocumentedValues(text: string, forms: ReadonlyMap<string, object> = new Map()): DocumentedValue[] {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw document.errors[0];
  for (const path of forms.keys()) {
    if (!document.hasIn(path.split("."))) throw new Error(`values.yaml has no ${path}, which becomes a setting`);
  }
  return valuesOf(document.contents as YAMLMap, "", forms);
}

function valuesOf(map: YAMLMap, above: string, forms: ReadonlyMap<string, object>): DocumentedValue[] {
  return map.items.map((pair, index) => {
    const key = String((pair.key as { value: unknown }).value);
    const path = above === "" ? key : `${above}.${key}`;
    // The comment of the first key of a map is taken for the map's own.
    const comment = [index === 0 ? map.commentBefore : undefined, commentOf(pair)].filter(Boolean).join("\n");
    const { annotation: written, description } = readComment(path, comment);
    const annotation: Record<string, unknown> = { ...forms.get(path), ...written };
    const value = pair.value;
    // A map with a schema of its own is one value, whatever its default holds.
    const parent = isMap(value) && value.items.length > 0 && annotation["additionalProperties"] === undefined;
    const standard: unknown = isMap(value) ? value.toJSON() : (value as { toJSON(): unknown } | null)?.toJSON();
    return {
      key,
      path,
      description,
      annotation,
      default: standard,
      children: parent ? valuesOf(value, path, forms) : [],
    };
  });
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? (key.commentBefore ?? undefined) : undefined;
}

function readComment(path: string, comment: string): Pick<DocumentedValue, "annotation" | "description"> {
  // yaml keeps an empty line in a comment: what stands above it is about the file.
  const lines = (comment.split("\n\n").at(-1) ?? "").split("\n").map((line) => line.replace(/^ /, ""));
  const marks = lines.flatMap((line, index) => (line === "@schema" ? [index] : []));
  if (marks.length % 2 === 1) throw new Error(`values.yaml: the @schema block above ${path} has no end`);
  const [from = 0, to = -1] = marks;
  const described = lines.filter((_, index) => index < from || index > to);
  const annotation: unknown = parse(lines.slice(from + 1, Math.max(to, 0)).join("\n")) ?? {};
  return { annotation: annotation as Record<string, unknown>, description: described.join(" ").trim() };
}

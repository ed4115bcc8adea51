import type { DocumentedValue } from "./documented-values.ts";

type Schema = Record<string, unknown>;

/**
 * The JSON Schema of the values, closed: what is not documented is refused. Types follow from the defaults; a list or a
 * map without content says what it takes.
 * @throws Error that names a value of which that is not known
 */
export function valuesSchema(values: DocumentedValue[]): Schema {
  return { $schema: "http://json-schema.org/draft-07/schema#", ...mapOf(values) };
}

function mapOf(values: DocumentedValue[]): Schema {
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(values.map((value) => [value.key, schemaOf(value)])),
  };
}

function schemaOf(value: DocumentedValue): Schema {
  const keywords = value.annotation;
  const described = value.description === "" ? {} : { description: value.description };
  if (value.children.length > 0) return { ...mapOf(value.children), ...described };
  return { ...typeOf(value, keywords), ...keywords, ...described, default: value.default };
}

function typeOf({ path, default: standard }: DocumentedValue, keywords: Schema): Schema {
  if (keywords["type"] !== undefined) return {};
  if (typeof standard === "string") return { type: "string" };
  if (typeof standard === "boolean") return { type: "boolean" };
  if (typeof standard === "number") return { type: Number.isInteger(standard) ? "integer" : "number" };
  if (Array.isArray(standard) && keywords["items"] !== undefined) return { type: "array" };
  if (standard !== null && typeof standard === "object" && keywords["additionalProperties"] !== undefined) {
    return { type: "object" };
  }
  throw new Error(`values.yaml: ${path} does not say what it takes: add type, items or additionalProperties`);
}

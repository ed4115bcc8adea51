import { type DescField, type JsonObject, type JsonValue, type Message } from "@bufbuild/protobuf";
import { type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { decodeJson } from "./decode-json.ts";
import type { MessageShape } from "./json-shape.ts";

/**
 * Reads a message from query parameters: scalars as text, enums by name, times as RFC 3339, lists by repeating the
 * parameter. Names are the JSON or the proto names.
 *
 * @throws DomainError INVALID_ARGUMENT with every unknown, doubled or unreadable parameter
 */
export function parseQuery(shape: MessageShape, pathFields: string[], query: string): Message {
  const violations: FieldViolation[] = [];
  const values: JsonObject = {};
  for (const [key, text] of new URLSearchParams(query)) {
    const name = shape.fields.get(key)?.name;
    const field = shape.schema.fields.find((one) => one.name === name);
    if (field === undefined || pathFields.includes(field.name)) {
      violations.push({ field: key, description: "is no query parameter of this route" });
      continue;
    }
    const value = readValue(field, text);
    if (value === undefined) violations.push({ field: field.name, description: `cannot be ${JSON.stringify(text)}` });
    else if (field.fieldKind === "list") values[field.name] = [...((values[field.name] as JsonValue[]) ?? []), value];
    else if (field.name in values) violations.push({ field: field.name, description: "is given twice: give it once" });
    else values[field.name] = value;
  }
  if (violations.length > 0) throw invalidArgument(...violations);
  return decodeJson(shape, values);
}

/** The JSON value a parameter's text stands for; undefined when it is none. */
function readValue(field: DescField, text: string): JsonValue | undefined {
  const kind = field.fieldKind === "list" ? field.listKind : field.fieldKind;
  if (kind === "message") return field.message?.typeName.startsWith("google.protobuf.") ? text : undefined;
  if (kind === "enum") return /^\d{1,9}$/.test(text) ? Number(text) : text;
  if (kind !== "scalar") return undefined;
  switch (field.scalar) {
    case scalar.string:
      return text;
    case scalar.bool:
      return text === "true" ? true : text === "false" ? false : undefined;
    default:
      // protobuf-es reads numbers of any width from text and refuses what does not fit.
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
  }
}

const scalar = { bool: 8, string: 9 } as const;

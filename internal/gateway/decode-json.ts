import { fromJson, type JsonObject, type JsonValue, type Message } from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { DomainError, type FieldViolation, invalidArgument } from "../domain/errors.ts";
import type { FieldShape, MessageShape } from "./json-shape.ts";

/**
 * Reads canonical protobuf JSON as a message.
 *
 * @throws DomainError INVALID_ARGUMENT with every value of a wrong type or form, and its path
 */
export function decodeJson(shape: MessageShape, value: JsonObject): Message {
  try {
    return fromJson(shape.schema, value);
  } catch (error) {
    const violations = refusedValues(shape, value, "");
    throw violations.length > 0 ? invalidArgument(...violations) : malformed((error as Error).message);
  }
}

/** protobuf-es stops at the first value it refuses and does not always say where: here each is tried by itself. */
function refusedValues(shape: MessageShape, value: JsonObject, at: string): FieldViolation[] {
  return Object.entries(value).flatMap(([key, one]) => {
    const field = shape.fields.get(key);
    const refusal = refusalOf(shape, { [key]: one });
    if (refusal === undefined || field === undefined) return [];
    const { message, repeated } = field;
    const items = Array.isArray(one) ? one : [one];
    const inside = items.flatMap((item, index) =>
      message && isObject(item)
        ? refusedValues(message, item, `${at}${field.name}${repeated ? `[${index}]` : ""}.`)
        : [],
    );
    return inside.length > 0 ? inside : [{ field: at + field.name, description: describe(field, refusal) }];
  });
}

function refusalOf(shape: MessageShape, value: JsonObject): Error | undefined {
  try {
    fromJson(shape.schema, value);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function describe(field: FieldShape, refusal: Error): string {
  if (field.values) return `must be ${field.repeated ? "a list of " : ""}${field.values.join(", ")}`;
  return isFieldError(refusal.cause) ? refusal.cause.message : refusal.message;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** INVALID_ARGUMENT for a body that is not JSON that could be read. */
export function malformed(reason: string): DomainError {
  return new DomainError("INVALID_ARGUMENT", "MALFORMED_JSON", `the body is not acceptable JSON: ${reason}`);
}

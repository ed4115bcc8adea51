import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { invalidArgument } from "../domain/errors.ts";
import type { HttpBinding } from "./http-rules.ts";
import { type MessageShape, messageShape } from "./json-shape.ts";
import { parseQuery } from "./query.ts";
import { parseBody } from "./request-body.ts";

/** The parts of an HTTP request that carry a method's request message. */
export interface HttpParts {
  /** By proto name, percent-decoded. */
  path: Record<string, string>;
  /** Without the question mark. */
  query: string;
  body: Buffer | undefined;
  /** The `Idempotency-Key` header. */
  idempotencyKey: string | undefined;
}

type Fields = Record<string, unknown>;

/** Prepares a binding: what it returns makes the request message, or throws DomainError INVALID_ARGUMENT. */
export function requestReader(method: DescMethodUnary, binding: HttpBinding): (parts: HttpParts) => Message {
  const shape = messageShape(method.input);
  const pathFields = binding.pathFields.map((name) => ({ name, localName: localNameOf(shape, name) }));
  const keyField = shape.fields.get("idempotency_key");
  const updateMask = binding.verb === "PATCH" ? shape.fields.get("update_mask") : undefined;

  return ({ path, query, body, idempotencyKey }) => {
    let message: Message;
    if (binding.hasBody) {
      if (query !== "")
        throw invalidArgument({ field: "query", description: "this route takes its fields in the body" });
      const parsed = body === undefined || body.length === 0 ? empty(shape) : parseBody(shape, body);
      message = parsed.message;
      if (updateMask) fillMask(message, updateMask.localName, parsed.present, binding.pathFields);
    } else message = parseQuery(shape, binding.pathFields, query);
    const fields = message as unknown as Fields;
    for (const { name, localName } of pathFields) fill(fields, name, localName, path[name] ?? "", "path");
    if (keyField && idempotencyKey !== undefined) {
      fill(fields, keyField.name, keyField.localName, idempotencyKey, "Idempotency-Key header");
    }
    return message;
  };
}

function empty(shape: MessageShape): { message: Message; present: string[] } {
  return { message: create(shape.schema), present: [] };
}

/** A value may stand in two places only when both say the same: nobody has to guess which one counts. */
function fill(fields: Fields, name: string, localName: string, value: string, place: string): void {
  const given = fields[localName];
  if (given !== "" && given !== value) {
    throw invalidArgument({
      field: name,
      description: `is another one in the body than in the ${place}: give it once`,
    });
  }
  fields[localName] = value;
}

/** What a body says about the update itself, and not about what is updated. */
const conditions = new Set(["etag", "manager_uid", "force"]);

/** PATCH without a mask changes what the body names, also what it names to empty. */
function fillMask(message: Message, localName: string, present: string[], pathFields: string[]): void {
  const fields = message as unknown as Fields;
  if (present.includes("update_mask")) return;
  const paths = present.filter((name) => !pathFields.includes(name) && !conditions.has(name));
  fields[localName] = create(FieldMaskSchema, { paths });
}

function localNameOf(shape: MessageShape, name: string): string {
  return (shape.fields.get(name) as { localName: string }).localName;
}

import { type JsonObject, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { detailTypes } from "./error-body.ts";
import type { MessageShape } from "./json-shape.ts";

type Fields = Record<string, unknown>;

const options = { alwaysEmitImplicit: true, registry: detailTypes };

/**
 * Prepares writing a message as canonical protobuf JSON with its zero values, so that FREE, PENDING and 0 show.
 * Fields marked as free JSON are their exact text in place; an empty one is left out.
 */
export function responseWriter(shape: MessageShape): (message: Message) => string {
  const { schema } = shape;
  if (!shape.holdsFreeJson) return (message) => JSON.stringify(toJson(schema, message, options));
  return (message) => {
    const value = toJson(schema, message, options) as JsonObject;
    return writeMessage(shape, message as unknown as Fields, value);
  };
}

/** Writes what JSON.stringify would, with the free text taken from the message. */
function writeMessage(shape: MessageShape, message: Fields, value: JsonObject): string {
  const parts: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    const field = shape.fields.get(key);
    if (field === undefined) continue;
    const source = field.oneof === undefined ? message[field.localName] : (message[field.oneof] as Fields).value;
    let text: string;
    if (field.kind === "json") {
      text = Buffer.from(source as Uint8Array).toString("utf8");
      if (text === "") continue;
    } else if (!field.message?.holdsFreeJson) text = JSON.stringify(one);
    else if (field.repeated) text = writeList(field.message, source as Fields[], one as JsonValue[]);
    else text = writeMessage(field.message, source as Fields, one as JsonObject);
    parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${parts.join(",")}}`;
}

function writeList(shape: MessageShape, messages: Fields[], values: JsonValue[]): string {
  return `[${messages.map((message, i) => writeMessage(shape, message, values[i] as JsonObject)).join(",")}]`;
}

import type { JsonObject, Message } from "@bufbuild/protobuf";
import { type DomainError, invalidArgument } from "../domain/errors.ts";
import { checkUtf8, JsonScanner, JsonSyntaxError, maxJsonDepth } from "../domain/json.ts";
import { decodeJson, malformed } from "./decode-json.ts";
import type { FieldShape, MessageShape } from "./json-shape.ts";

/** A request body, taken apart. */
export interface ParsedBody {
  message: Message;
  /** Proto names of the fields that the body's top level names, null or not. */
  present: string[];
}

/** Free JSON of a body: where its text stands and which field it is for. */
interface Span {
  start: number;
  end: number;
  /** Local names and list indexes from the top to the message that has the field. */
  path: (string | number)[];
  localName: string;
}

/**
 * Reads canonical protobuf JSON, except that fields marked as free JSON are JSON in place: their exact text becomes
 * the field's bytes. The bytes are a view of the body, not a copy.
 *
 * @throws DomainError INVALID_ARGUMENT for what is not JSON, not UTF-8, too deep, unknown, doubled or of a wrong type
 */
export function parseBody(shape: MessageShape, body: Buffer): ParsedBody {
  const invalid = checkUtf8(body);
  if (invalid !== undefined) throw malformed(invalid);
  const reader = new BodyReader(body);
  const present = reader.read(shape);
  const message = decodeJson(shape, JSON.parse(reader.withoutSpans(body)) as JsonObject);
  for (const { start, end, path, localName } of reader.spans) {
    let owner = message as unknown as Record<string | number, unknown>;
    for (const step of path) owner = owner[step] as Record<string | number, unknown>;
    owner[localName] = body.subarray(start, end);
  }
  return { message, present };
}

/** Walks a body along its message's shape; what the shape calls free JSON is only read over. */
class BodyReader {
  readonly spans: Span[] = [];
  readonly #scanner: JsonScanner;
  readonly #body: Buffer;

  constructor(body: Buffer) {
    this.#body = body;
    this.#scanner = new JsonScanner(body);
  }

  /** @returns the names of the top level's fields */
  read(shape: MessageShape): string[] {
    try {
      const present = this.#message(shape, [], "", 1);
      this.#scanner.expectEnd();
      return present;
    } catch (error) {
      throw error instanceof JsonSyntaxError ? malformed(error.message) : error;
    }
  }

  /** The body's text with null in place of every span: what protobuf-es reads. */
  withoutSpans(body: Buffer): string {
    let text = "";
    let from = 0;
    for (const { start, end } of this.spans) {
      text += `${body.toString("utf8", from, start)}null`;
      from = end;
    }
    return text + body.toString("utf8", from);
  }

  #message(shape: MessageShape, path: (string | number)[], at: string, depth: number): string[] {
    const scanner = this.#scanner;
    if (depth > maxJsonDepth) scanner.fail(`more than ${maxJsonDepth} levels deep`);
    scanner.expect("{", `expected an object${at === "" ? "" : ` for ${at}`}`);
    const seen: string[] = [];
    if (scanner.take("}")) return seen;
    do {
      const key = this.#key();
      const field = shape.fields.get(key);
      const name = at + (field?.name ?? key);
      if (field === undefined) throw unknownField(name, shape);
      if (seen.includes(field.name))
        throw invalidArgument({ field: name, description: "is given twice: give it once" });
      seen.push(field.name);
      scanner.expect(":", 'expected ":"');
      this.#value(field, path, name, depth);
    } while (scanner.take(","));
    scanner.expect("}", 'expected "," or "}"');
    return seen;
  }

  #key(): string {
    const scanner = this.#scanner;
    scanner.peek();
    const start = scanner.at;
    scanner.skipString("expected a key in quotes");
    const key = this.#body.toString("utf8", start + 1, scanner.at - 1);
    return key.includes("\\") ? (JSON.parse(`"${key}"`) as string) : key;
  }

  #value(field: FieldShape, path: (string | number)[], name: string, depth: number): void {
    const scanner = this.#scanner;
    const next = scanner.peek();
    if (field.kind === "json") {
      const start = scanner.at;
      scanner.skipValue();
      this.spans.push({ start, end: scanner.at, path, localName: field.localName });
    } else if (field.message && !field.repeated && next === openBrace) {
      this.#message(field.message, [...path, ...stepsTo(field)], `${name}.`, depth + 1);
    } else if (field.message && field.repeated && next === openBracket) {
      this.#list(field, field.message, path, name, depth + 1);
    } else scanner.skipValue(maxJsonDepth - depth);
  }

  #list(field: FieldShape, shape: MessageShape, path: (string | number)[], name: string, depth: number): void {
    const scanner = this.#scanner;
    scanner.expect("[", 'expected "["');
    if (scanner.take("]")) return;
    let index = 0;
    do {
      this.#message(shape, [...path, ...stepsTo(field), index], `${name}[${index}].`, depth + 1);
      index++;
    } while (scanner.take(","));
    scanner.expect("]", 'expected "," or "]"');
  }
}

const openBrace = 0x7b;
const openBracket = 0x5b;

/** A member of a oneof lies in its group's `value`. */
function stepsTo(field: FieldShape): string[] {
  return field.oneof === undefined ? [field.localName] : [field.oneof, "value"];
}

function unknownField(name: string, shape: MessageShape): DomainError {
  const known = [...new Set([...shape.fields.values()].map((field) => field.jsonName))].join(", ");
  return invalidArgument({ field: name, description: `is unknown here; known are ${known || "no fields"}` });
}

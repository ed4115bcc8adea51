import { type DescField, type DescMessage, getOption } from "@bufbuild/protobuf";
import { json } from "../rpc/gen/sealpost/v1/options_pb.js";

/** A message as JSON text is read and written: its fields by JSON name, and which of them hold free JSON. */
export interface MessageShape {
  schema: DescMessage;
  /** By JSON name and by proto name: both are accepted. */
  fields: Map<string, FieldShape>;
  /** Whether a field of it, or of a message in it, holds free JSON. */
  holdsFreeJson: boolean;
}

export interface FieldShape {
  /** The proto name, for error messages. */
  name: string;
  jsonName: string;
  localName: string;
  /** `json`: free JSON, kept as text. `message`: one, or a list of them. `value`: anything else. */
  kind: "json" | "message" | "value";
  repeated: boolean;
  /** The group's name, for members of a oneof. */
  oneof: string | undefined;
  message: MessageShape | undefined;
  /** The names an enum has. */
  values: string[] | undefined;
}

const shapes = new Map<DescMessage, MessageShape>();

/** @throws Error when the `(sealpost.v1.json)` option stands on a field that cannot hold text */
export function messageShape(schema: DescMessage): MessageShape {
  const known = shapes.get(schema);
  if (known) return known;
  const shape: MessageShape = { schema, fields: new Map(), holdsFreeJson: false };
  shapes.set(schema, shape);
  for (const field of schema.fields) {
    const one = fieldShape(field);
    shape.fields.set(field.name, one).set(field.jsonName, one);
    if (one.kind === "json" || one.message?.holdsFreeJson) shape.holdsFreeJson = true;
  }
  return shape;
}

function fieldShape(field: DescField): FieldShape {
  const repeated = field.fieldKind === "list";
  const message = field.fieldKind === "message" || repeated ? field.message : undefined;
  // Well-known types have a JSON of their own: a timestamp is a string.
  const nested = message && !message.typeName.startsWith("google.protobuf.") ? messageShape(message) : undefined;
  const free = getOption(field, json);
  if (free && (field.fieldKind !== "scalar" || field.scalar !== scalarBytes || field.oneof)) {
    throw new Error(`${field.toString()} is marked as JSON, which only single bytes fields can be`);
  }
  return {
    name: field.name,
    jsonName: field.jsonName,
    localName: field.localName,
    kind: free ? "json" : nested ? "message" : "value",
    repeated,
    oneof: field.oneof?.localName,
    message: nested,
    values: field.enum?.values.map((value) => value.name),
  };
}

const scalarBytes = 12;

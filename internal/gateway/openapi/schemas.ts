import { type DescField, type DescMessage, getOption, isFieldSet, ScalarType } from "@bufbuild/protobuf";
import { type FieldRules, field as fieldRules, Int32RulesSchema } from "../../rpc/gen/buf/validate/validate_pb.js";
import { json } from "../../rpc/gen/sealpost/v1/options_pb.js";
import { commentOf } from "./comments.ts";

/** A JSON Schema (2020-12), as OpenAPI 3.1 takes it. */
export type Schema = Record<string, unknown>;

/** The JSON that well-known types have in canonical protobuf JSON. */
const wellKnown: Record<string, Schema> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", examples: ["1.5s"] },
  "google.protobuf.FieldMask": { type: "string", examples: ["url,maxInFlight"] },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Any": { type: "object", properties: { "@type": { type: "string" } }, additionalProperties: true },
};

/** Schemas of messages, collected under their names as they are referred to. */
export class Schemas {
  readonly components: Record<string, Schema> = {};

  /** A reference to a message's schema, or the schema itself for well-known types. */
  message(message: DescMessage): Schema {
    const own = wellKnown[message.typeName];
    if (own) return own;
    const name = message.typeName.slice(message.file.proto.package.length + 1);
    if (!(name in this.components)) {
      this.components[name] = {};
      this.components[name] = this.object(message, message.fields);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** An object of some of a message's fields. */
  object(message: DescMessage, fields: DescField[]): Schema {
    const description = commentOf(message);
    const required = fields.filter(isRequired).map((field) => field.jsonName);
    return {
      type: "object",
      ...(description && { description }),
      properties: Object.fromEntries(fields.map((field) => [field.jsonName, this.field(field)])),
      ...(required.length > 0 && { required }),
    };
  }

  /** One field with its comment and its rules. */
  field(field: DescField): Schema {
    const description = commentOf(field);
    return { ...this.#type(field), ...(description && { description }) };
  }

  #type(field: DescField): Schema {
    if (getOption(field, json)) return {};
    const rules = getOption(field, fieldRules);
    switch (field.fieldKind) {
      case "list": {
        const { type } = rules;
        const list = type.case === "repeated" ? type.value : undefined;
        return {
          type: "array",
          items: this.#single(field.listKind, field, list?.items),
          ...(list?.minItems && { minItems: Number(list.minItems) }),
          ...(list?.maxItems && { maxItems: Number(list.maxItems) }),
          ...(list?.unique && { uniqueItems: true }),
        };
      }
      case "map":
        return { type: "object", additionalProperties: this.#single(field.mapKind, field, undefined) };
      default:
        return this.#single(field.fieldKind, field, rules);
    }
  }

  #single(kind: "scalar" | "enum" | "message", field: DescField, rules: FieldRules | undefined): Schema {
    if (kind === "message") return this.message(field.message as DescMessage);
    if (kind === "enum") return { type: "string", enum: field.enum?.values.map((value) => value.name) };
    const { type } = rules ?? {};
    switch (field.scalar) {
      case ScalarType.STRING: {
        const text = type?.case === "string" ? type.value : undefined;
        return {
          type: "string",
          ...(text?.minLen && { minLength: Number(text.minLen) }),
          ...(text?.maxLen && { maxLength: Number(text.maxLen) }),
          ...(text?.pattern && { pattern: text.pattern }),
        };
      }
      case ScalarType.INT32: {
        const number = type?.case === "int32" ? type.value : undefined;
        return {
          type: "integer",
          format: "int32",
          ...(number && isFieldSet(number, Int32RulesSchema.field.gte) && { minimum: number.gte }),
          ...(number && isFieldSet(number, Int32RulesSchema.field.lte) && { maximum: number.lte }),
        };
      }
      case ScalarType.INT64:
        return { type: "string", format: "int64" };
      case ScalarType.BOOL:
        return { type: "boolean" };
      case ScalarType.DOUBLE:
        return { type: "number", format: "double" };
      case ScalarType.BYTES:
        return { type: "string", contentEncoding: "base64" };
      default:
        throw new Error(`${field.toString()}: no schema for this type yet`);
    }
  }
}

function isRequired(field: DescField): boolean {
  const { required, type } = getOption(field, fieldRules);
  if (required) return true;
  if (type.case === "repeated") return type.value.minItems > 0n;
  return type.case === "string" && type.value.minLen > 0n && field.presence === implicitPresence;
}

/** google.protobuf.FeatureSet.FieldPresence.IMPLICIT */
const implicitPresence = 2;

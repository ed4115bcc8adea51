import type { DescField, DescMethod, DescService } from "@bufbuild/protobuf";
import { keysWith } from "../../domain/permissions.ts";
import { accessOf } from "../../rpc/access.ts";
import { type HttpBinding, httpBindings } from "../http-rules.ts";
import { commentOf } from "./comments.ts";
import { type Schema, Schemas } from "./schemas.ts";

/** The OpenAPI 3.1 document of the HTTP face. The services must carry source info for the descriptions. */
export function openApiDocument(services: DescService[], status: DescMethod["output"]): Schema {
  const schemas = new Schemas();
  const error = schemas.message(status);
  const paths: Record<string, Record<string, Schema>> = {};
  for (const service of services) {
    for (const method of service.methods) {
      for (const binding of httpBindings(method)) {
        const path = binding.template.replace(
          /\{([a-z0-9_]+)\}/g,
          (_, name: string) => `{${jsonNameOf(method, name)}}`,
        );
        paths[path] ??= {};
        paths[path][binding.verb.toLowerCase()] = operation(schemas, service, method, binding);
      }
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sealpost",
      version: "v1",
      description:
        "Publish events, manage webhook endpoints and read what was delivered. " +
        "The same methods are served over gRPC, from the same protocol files.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ key: [] }],
    tags: services.map((service) => ({ name: service.name, description: commentOf(service) })),
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key, or the admin key." } },
      responses: {
        Error: {
          description:
            "What went wrong. `details` hold ErrorInfo with a stable `reason`, and where they fit BadRequest, " +
            "RetryInfo and ResourceInfo of google.rpc.",
          headers: {
            "Retry-After": { schema: { type: "integer" }, description: "Seconds until trying again makes sense." },
          },
          content: { "application/json": { schema: error } },
        },
      },
      schemas: Object.fromEntries(Object.entries(schemas.components).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function operation(schemas: Schemas, service: DescService, method: DescMethod, binding: HttpBinding): Schema {
  const { input, output } = method;
  const inPath = input.fields.filter((field) => binding.pathFields.includes(field.name));
  const others = input.fields.filter((field) => !binding.pathFields.includes(field.name));
  const comment = commentOf(method);
  const access = accessOf(method);
  const keys = access ? keysWith(access.permission) : "a key that nobody has";
  const parameters = [
    ...inPath.map((field) => parameter(schemas, field, "path")),
    ...(binding.hasBody ? [] : others.map((field) => parameter(schemas, field, "query"))),
    ...(others.some((field) => field.name === "idempotency_key") ? [idempotencyHeader] : []),
  ];
  const schema = inPath.length === 0 ? schemas.message(input) : schemas.object(input, others);
  return {
    operationId: method.name,
    tags: [service.name],
    ...(comment && { summary: comment.split(/(?<=\.) /)[0] }),
    description: `${comment}${comment && " "}Needs ${keys}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(binding.hasBody && {
      requestBody: {
        required: others.length > 0 && binding.verb !== "PATCH",
        content: { "application/json": { schema } },
      },
    }),
    responses: {
      "200": { description: "OK", content: { "application/json": { schema: schemas.message(output) } } },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

const idempotencyHeader: Schema = {
  name: "Idempotency-Key",
  in: "header",
  description: "The same as `idempotencyKey` in the body.",
  schema: { type: "string", maxLength: 255 },
};

function parameter(schemas: Schemas, field: DescField, place: "path" | "query"): Schema {
  const { description, ...schema } = schemas.field(field);
  return {
    name: field.jsonName,
    in: place,
    ...(place === "path" && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  };
}

function jsonNameOf(method: DescMethod, name: string): string {
  return method.input.fields.find((field) => field.name === name)?.jsonName ?? name;
}

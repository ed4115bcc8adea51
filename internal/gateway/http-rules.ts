import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "../rpc/gen/google/api/annotations_pb.js";
import type { HttpRule } from "../rpc/gen/google/api/http_pb.js";

/** One HTTP face of a method. */
export interface HttpBinding {
  verb: "GET" | "PUT" | "POST" | "DELETE" | "PATCH";
  /** As in the annotation: `/v1/webhooks/{webhook_id}/enable`. */
  template: string;
  /** Proto names of the fields that the path carries. */
  pathFields: string[];
  /** Whether the request's other fields are the JSON body; otherwise they are query parameters. */
  hasBody: boolean;
}

/**
 * A method's bindings, from its google.api.http annotation, `additional_bindings` included.
 *
 * @throws Error for a rule this gateway does not carry: paths of whole segments and body "*" or none are what it does
 */
export function httpBindings(method: DescMethod): HttpBinding[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map((one) => binding(method, one));
}

function binding(method: DescMethod, rule: HttpRule): HttpBinding {
  const { pattern, body, responseBody } = rule;
  const refuse = (what: string) => new Error(`${method.toString()}: ${what} is not carried over HTTP`);
  if (pattern.case === undefined) throw refuse("a rule without a verb");
  if (responseBody !== "") throw refuse("response_body");
  if (body !== "" && body !== "*") throw refuse(`body "${body}"`);
  const pathFields: string[] = [];
  for (const segment of pattern.value.split("/").slice(1)) {
    const name = /^\{([a-z0-9_]+)\}$/.exec(segment)?.[1];
    if (name === undefined && !/^[a-zA-Z0-9._~-]+$/.test(segment)) throw refuse(`the path segment ${segment}`);
    if (name === undefined) continue;
    const field = method.input.fields.find((one) => one.name === name);
    if (field?.fieldKind !== "scalar" || field.scalar !== scalarString)
      throw refuse(`a path field ${name} that is no string`);
    pathFields.push(name);
  }
  const verb = pattern.case.toUpperCase() as HttpBinding["verb"];
  return { verb, template: pattern.value, pathFields, hasBody: body === "*" };
}

const scalarString = 9;

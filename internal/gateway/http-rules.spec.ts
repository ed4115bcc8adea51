import { create, createFileRegistry, type DescMethod, setExtension } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "@jest/globals";
import { http } from "../rpc/gen/google/api/annotations_pb.js";
import { type HttpRule, HttpRuleSchema } from "../rpc/gen/google/api/http_pb.js";
import { WebhookEndpointService } from "../rpc/gen/sealpost/v1/webhook_endpoint_pb.js";
import { httpBindings } from "./http-rules.ts";

/** A method with this rule, whose request has a string `name` and a number `size`. */
function methodWith(rule: HttpRule): DescMethod {
  const options = create(MethodOptionsSchema);
  setExtension(options, http, rule);
  const field = [
    { name: "name", number: 1, type: 9, label: 1 },
    { name: "size", number: 2, type: 5, label: 1 },
  ];
  const file = {
    name: "x.proto",
    syntax: "proto3",
    messageType: [{ name: "X", field }],
    service: [{ name: "S", method: [{ name: "M", inputType: ".X", outputType: ".X", options }] }],
  };
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  return registry.getService("S")?.methods[0] as DescMethod;
}

const rule = (fields: Partial<HttpRule>) => create(HttpRuleSchema, fields as object);

describe("httpBindings", () => {
  it("reads the annotation", () => {
    expect(httpBindings(WebhookEndpointService.method.enableWebhookEndpoint)).toEqual([
      { verb: "POST", template: "/v1/webhooks/{webhook_id}/enable", pathFields: ["webhook_id"], hasBody: true },
    ]);
  });

  it("reads additional bindings too", () => {
    const more = rule({ pattern: { case: "put", value: "/b" }, body: "*" });
    const both = rule({ pattern: { case: "get", value: "/a/{name}" }, additionalBindings: [more] });
    expect(httpBindings(methodWith(both)).map(({ verb, template }) => `${verb} ${template}`)).toEqual([
      "GET /a/{name}",
      "PUT /b",
    ]);
  });

  it.each([
    ["a path pattern", { pattern: { case: "get" as const, value: "/a/{name=x/*}" } }],
    ["a custom verb", { pattern: { case: "post" as const, value: "/a:cancel" } }],
    ["a path field that is no string", { pattern: { case: "get" as const, value: "/a/{size}" } }],
    ["an unknown path field", { pattern: { case: "get" as const, value: "/a/{other}" } }],
    ["a body of one field", { pattern: { case: "post" as const, value: "/a" }, body: "name" }],
    ["a response of one field", { pattern: { case: "get" as const, value: "/a" }, responseBody: "name" }],
  ])("refuses %s, which it would not carry", (_, fields) => {
    expect(() => httpBindings(methodWith(rule(fields)))).toThrow("is not carried over HTTP");
  });
});

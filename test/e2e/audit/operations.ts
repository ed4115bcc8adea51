import { fromJson, type JsonObject, toBinary } from "@bufbuild/protobuf";
import grpc from "@grpc/grpc-js";
import { httpBindings } from "../../../internal/gateway/http-rules.ts";
import { accessOf } from "../../../internal/rpc/access.ts";
import type { Method } from "../../../internal/rpc/method.ts";
import { apiMethods, type EdgeApis } from "../../../internal/rpc/methods.ts";

/** Every management operation that the API has, as its descriptors say. */
export const operations = apiMethods({} as EdgeApis, { error: () => {} }).filter(
  ({ descriptor }) => accessOf(descriptor)?.operation === "CHANGE",
);

export interface Called {
  ok: boolean;
  requestId: string;
  /** The answer's fields; over HTTP only. */
  body: JsonObject;
}

/** Calls a method over HTTP: the fields that its path names are taken from `fields`, the others are the body. */
export async function overHttp(http: string, key: string, { descriptor }: Method, fields: JsonObject): Promise<Called> {
  const [binding] = httpBindings(descriptor);
  if (!binding) throw new Error(`${descriptor.name} has no HTTP rule`);
  const body = { ...fields };
  const path = binding.template.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    const value = body[name];
    delete body[name];
    return encodeURIComponent(String(value));
  });
  // What a route without a body needs beyond its path, no operation has yet.
  if (!binding.hasBody && Object.keys(body).length > 0)
    throw new Error(`${descriptor.name}: no place for ${Object.keys(body).join()}`);
  const response = await fetch(`${http}${path}`, {
    method: binding.verb,
    headers: { authorization: `Bearer ${key}`, ...(binding.hasBody && { "content-type": "application/json" }) },
    ...(binding.hasBody && { body: JSON.stringify(body) }),
  });
  return {
    ok: response.ok,
    requestId: response.headers.get("x-request-id") ?? "",
    body: (await response.json()) as JsonObject,
  };
}

/** The same over gRPC. */
export async function overGrpc(address: string, key: string, method: Method, fields: JsonObject): Promise<Called> {
  const { descriptor } = method;
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  const bytes = Buffer.from(toBinary(descriptor.input, fromJson(descriptor.input, fields)));
  const pass = (value: Buffer) => value;
  const { promise, resolve } = Promise.withResolvers<grpc.StatusObject>();
  const call = client.makeUnaryRequest(`/${method.name}`, pass, pass, bytes, metadata, () => {});
  call.on("status", resolve);
  const status = await promise;
  client.close();
  return { ok: status.code === 0, requestId: String(status.metadata.get("x-request-id")[0]), body: {} };
}

/** The ids that a request of this method has a field for. */
export function named({ descriptor }: Method, ids: { [field: string]: string }): JsonObject {
  const names = descriptor.input.fields.map(({ name }) => name).filter((name) => name in ids);
  return Object.fromEntries(names.map((name) => [name, ids[name] as string]));
}

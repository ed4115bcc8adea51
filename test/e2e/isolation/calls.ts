import { type DescMethodUnary, fromBinary, type JsonObject, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import { detailTypes } from "../../../internal/gateway/error-body.ts";
import { httpBindings } from "../../../internal/gateway/http-rules.ts";
import { StatusSchema } from "../../../internal/rpc/gen/google/rpc/status_pb.js";

/** How a call was answered; `body` is google.rpc.Status when it was refused. */
export interface Answer {
  /** google.rpc.Code */
  code: number;
  body: JsonObject;
}

export type Caller = (method: DescMethodUnary, request: Message, key: string) => Promise<Answer>;

const options = { registry: detailTypes, alwaysEmitImplicit: true };

export function overGrpc(address: string): { call: Caller; close(): void } {
  const channel = new grpc.Client(address, grpc.credentials.createInsecure());
  async function call(method: DescMethodUnary, request: Message, key: string): Promise<Answer> {
    const metadata = new grpc.Metadata();
    metadata.set("authorization", `Bearer ${key}`);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const path = `/${method.parent.typeName}/${method.name}`;
    const encode = (one: Message) => Buffer.from(toBinary(method.input, one));
    const decode = (bytes: Buffer) => fromBinary(method.output, bytes);
    channel.makeUnaryRequest(path, encode, decode, request, metadata, (error, answer) => {
      if (error) resolve({ code: error.code, body: statusOf(error) });
      else resolve({ code: 0, body: toJson(method.output, answer as Message, options) as JsonObject });
    });
    return promise;
  }
  return { call, close: () => channel.close() };
}

function statusOf(error: ServiceError): JsonObject {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (bytes === undefined) throw error;
  return toJson(StatusSchema, fromBinary(StatusSchema, bytes as Buffer), { registry: detailTypes }) as JsonObject;
}

export function overHttp(base: string): Caller {
  return async (method, request, key) => {
    const [binding] = httpBindings(method);
    if (binding === undefined) throw new Error(`${method.name} has no HTTP binding`);
    const fields = toJson(method.input, request, { useProtoFieldName: true }) as JsonObject;
    const path = binding.template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = String(fields[name] ?? "");
      delete fields[name];
      return encodeURIComponent(value);
    });
    const query = new URLSearchParams(Object.entries(fields) as [string, string][]).toString();
    const response = await fetch(`${base}${path}${binding.hasBody ? "" : `?${query}`}`, {
      method: binding.verb,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(binding.hasBody && { body: JSON.stringify(fields) }),
    });
    const body = (await response.json()) as JsonObject;
    return { code: response.ok ? 0 : Number(body["code"]), body };
  };
}

/** An answer as text, with what may differ between two equal ones taken out: the id that was asked for, new ids, times. */
export function comparable({ code, body }: Answer, asked: readonly string[]): string {
  let text = JSON.stringify({ code, body });
  for (const id of asked.filter((one) => one !== "")) text = text.replaceAll(id, "<asked>");
  return text
    .replace(/\b[a-z]{3}_[0-9a-z]{26}\b/g, "<id>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/whsec_[\w+/=]+/g, "<secret>");
}

import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

let road: Road;
beforeAll(async () => {
  road = await Road.start();
  await road.endpoint();
});
afterAll(() => road?.[Symbol.asyncDispose]());

/** JSON that reading and writing again would change. */
const texts = {
  "integers beyond 2^53": '{"n":9007199254740993,"m":-123456789012345678901234567890}',
  "a number beyond doubles": '{"huge":1e400,"tiny":1e-400,"zero":-0,"decimals":1.10}',
  "keys that are there twice, in their order": '{"b":1,"a":2,"b":3,"1":4,"0":5}',
  "keys that objects have by themselves": '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"toString":1}',
  "spaces, line ends and escapes": '{ "a" :\t"\\u00e9\\/\\ud83d\\ude00é😀",\r\n "b" : [ ] }',
  "half a surrogate pair, escaped": '{"half":"\\ud800"}',
  "operators and templates": '{"$gt":"","$where":"1","x":"${7*7}{{7*7}}"}',
};

it.each(Object.entries(texts))("%s reach the receiver as they were sent, over HTTP and gRPC", async (_, text) => {
  const grpc = grpcClients(road.system.apis[0]?.grpc ?? "", road.tenant.workspaceKey);
  const overHttp = await road.workspace.post<{ id: string }>("/v1/events", `{"eventType":"exact","data":${text}}`);
  const overGrpc = await grpc.events.publishEvent<{ id: string }>({ eventType: "exact", data: Buffer.from(text) });
  grpc.close();
  for (const id of [overHttp.body.id, overGrpc.id]) {
    const received = await until(() => road.receiver.requests.find((request) => request.headers["webhook-id"] === id), {
      what: `the delivery of ${id}`,
    });
    expect(received.body.toString("utf8")).toContain(`"data":${text}`);
    // And the record shows it unchanged too.
    expect((await road.workspace.get(`/v1/events/${id}`)).text).toContain(`"data":${text}`);
  }
});

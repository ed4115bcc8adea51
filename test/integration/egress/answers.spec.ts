import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { type Receiver, startReceiver } from "../../harness/receiver.ts";
import { startSending } from "./sending.ts";

const { sender, post } = startSending();
let receiver: Receiver;

afterEach(() => receiver.close());
afterAll(() => sender.close());

describe("an answer", () => {
  it("of 2xx is a success; the request arrives as it was given", async () => {
    receiver = await startReceiver((_request, response) => {
      response.setHeader("x-receiver", "yes");
      response.end('{"ok":true}');
    });
    const body = randomBytes(10_000);
    const result = await post(`${receiver.url}/some/path?a=1&b=%20`, body, { "webhook-id": "evt_1" });
    expect(result).toMatchObject({ outcome: "SUCCESS", httpStatus: 200, error: "" });
    expect(result.response).toMatchObject({ truncated: false, headers: { "x-receiver": "yes" } });
    expect(result.response?.body.toString()).toBe('{"ok":true}');
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: "POST", path: "/some/path?a=1&b=%20", body });
    expect(request?.headers).toMatchObject({ "webhook-id": "evt_1", "content-length": "10000" });
  });

  it("is classed by its status", async () => {
    receiver = await startReceiver((request, response) => {
      response.statusCode = Number(request.path.slice(1));
      response.end();
    });
    const classes = {
      SUCCESS: [200, 201, 202, 204, 299],
      HTTP_3XX: [300, 304, 307],
      HTTP_4XX: [400, 401, 404, 410, 429, 499],
      HTTP_5XX: [500, 502, 503, 599, 700, 999],
    };
    for (const [outcome, statuses] of Object.entries(classes)) {
      for (const status of statuses) {
        const result = await post(`${receiver.url}/${status}`);
        expect([status, result.outcome, result.httpStatus]).toEqual([status, outcome, status]);
        expect(result.error === "").toBe(outcome === "SUCCESS");
      }
    }
    expect((await post(`${receiver.url}/503`)).error).toBe("answered 503 Service Unavailable");
  });

  it("that redirects is not followed, and says where it points", async () => {
    receiver = await startReceiver((_request, response) => {
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    const result = await post(receiver.url);
    expect(result).toMatchObject({ outcome: "HTTP_3XX", httpStatus: 307 });
    expect(result.error).toMatch(/^answered 307 Temporary Redirect to \/elsewhere: redirects are not followed/);
    expect(receiver.requests).toHaveLength(1);
  });

  it("keeps its headers, Retry-After among them, with repeated ones joined", async () => {
    receiver = await startReceiver((_request, response) => {
      response
        .writeHead(429, { "Retry-After": "120", "Set-Cookie": ["a=1", "b=2"], ["__proto__"]: "x" })
        .end("slow down");
    });
    const { response } = await post(receiver.url);
    expect(response?.headers).toMatchObject({ "retry-after": "120", "set-cookie": "a=1, b=2" });
  });

  it("keeps no more than 100 headers", async () => {
    receiver = await startReceiver((_request, response) => {
      for (let i = 0; i < 150; i++) response.setHeader(`x-${i}`, "v");
      response.end();
    });
    const { outcome, response } = await post(receiver.url);
    expect(outcome).toBe("SUCCESS");
    expect(Object.keys(response?.headers ?? {})).toHaveLength(100);
    expect(response?.truncated).toBe(true);
  });

  it("keeps exactly the first 64 KiB of a longer body and uses the connection again", async () => {
    const sent = randomBytes(100_000);
    receiver = await startReceiver((_request, response) => void response.end(sent));
    const { outcome, response } = await post(receiver.url);
    expect(outcome).toBe("SUCCESS");
    expect(response?.truncated).toBe(true);
    expect(response?.body.equals(sent.subarray(0, 65_536))).toBe(true);
    expect((await post(receiver.url)).timing.connectMs).toBe(0);
  });

  it("keeps a whole body of 64 KiB without calling it truncated", async () => {
    receiver = await startReceiver((_request, response) => void response.end(Buffer.alloc(65_536, 1)));
    const { response } = await post(receiver.url);
    expect(response?.body).toHaveLength(65_536);
    expect(response?.truncated).toBe(false);
  });

  it("is never inflated", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    receiver = await startReceiver((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    const { outcome, response } = await post(receiver.url);
    expect(outcome).toBe("SUCCESS");
    expect(response?.body.equals(bomb.subarray(0, 65_536))).toBe(true);
  });
});

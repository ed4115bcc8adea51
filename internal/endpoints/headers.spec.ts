import { describe, expect, it } from "@jest/globals";
import { headersDiffer, headerViolations, readHeaders } from "./headers.ts";

const reasons = (headers: Record<string, string>, known: string[] = []) =>
  headerViolations(headers, known).map(({ field, description }) => `${field} ${description}`);

describe("an endpoint's own headers", () => {
  it("may be any that say something to the receiver", () => {
    const headers = {
      Authorization: "Bearer abc.def-ghi",
      "X-Tenant": "a b\tc",
      cookie: "session=1",
      "x_odd.but~allowed": "!",
      long: "v".repeat(1024),
    };
    expect(reasons(headers)).toEqual([]);
    expect(Object.keys(readHeaders(headers))).toEqual([
      "authorization",
      "cookie",
      "long",
      "x-tenant",
      "x_odd.but~allowed",
    ]);
  });

  it.each(
    [
      "webhook-id",
      "Webhook-Anything",
      "sealpost-attempt-id",
      "Host",
      "content-length",
      "content-type",
      "Transfer-Encoding",
      "connection",
      "keep-alive",
      "upgrade",
      "te",
      "trailer",
      "expect",
      "proxy-authorization",
      "http2-settings",
      "user-agent",
      "accept-encoding",
      "__proto__",
    ].map((name) => [name]),
  )("may not be %s", (name) => {
    expect(reasons(Object.fromEntries([[name, "x"]]))).toEqual([
      expect.stringMatching(/^headers\[".*"\] cannot be set: it /),
    ]);
  });

  it.each([
    ["a b", "x", "is no header name"],
    ["a:b", "x", "is no header name"],
    ["", "x", "is no header name"],
    ["grün", "x", "is no header name"],
    ["a\r\nb", "x", "is no header name"],
    ["n".repeat(65), "x", "its name has 65 characters, at most 64"],
    ["a", "v".repeat(1025), "its value has 1025 characters, at most 1024"],
    ["a", "x\r\ninjected: y", "its value must be visible ASCII"],
    ["a", "x\u0000", "its value must be visible ASCII"],
    ["a", " x", "its value must be visible ASCII"],
    ["a", "x ", "its value must be visible ASCII"],
    ["a", "世", "its value must be visible ASCII"],
    ["a", "", "has no value"],
  ])("may not be %j with the value %j", (name, value, says) => {
    const [reason = "", ...more] = reasons({ [name]: value });
    expect(more).toEqual([]);
    expect(reason).toContain(says);
    if (value.length > 1) expect(reason).not.toContain(value);
  });

  it("are bounded in number and together, and each is there once", () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`h${i}`, "x"]));
    expect(reasons(many)).toEqual(["headers must be at most 20, these are 21"]);
    const big = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`h${i}`, "v".repeat(1000)]));
    expect(reasons(big)).toEqual(["headers must have at most 4096 characters together, these have 5010"]);
    expect(reasons({ "X-A": "1", "x-a": "2" })).toEqual(["headers has x-a twice: case does not count"]);
  });

  it("keep their value where an update leaves it empty, when they have one", () => {
    expect(reasons({ "X-A": "", b: "" }, ["x-a"])).toEqual([expect.stringContaining('headers["b"] has no value')]);
    expect(headersDiffer({ "x-a": "" }, ["x-a"])).toBe(false);
    expect(headersDiffer({ "x-a": "new" }, ["x-a"])).toBe(true);
    expect(headersDiffer({}, ["x-a"])).toBe(true);
    expect(headersDiffer({ "x-a": "", "x-b": "1" }, ["x-a"])).toBe(true);
  });
});

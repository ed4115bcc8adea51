import { describe, expect, it } from "@jest/globals";
import { readUrl } from "./url-policy.ts";

const development = { allowHttp: true };
const production = { allowHttp: false };

describe("readUrl", () => {
  it.each([
    "http://localhost:3001",
    "https://hooks.example.com/in?tenant=1&x=%23",
    "HTTPS://Example.com:8443/Path",
    "http://127.0.0.1:65535/",
    "https://[2606:4700::1111]/hook",
    "https://example.com./a@b",
  ])("keeps %s as it was written", (url) => {
    expect(readUrl(url, development)).toEqual({ url });
  });

  it("keeps a name in another script as punycode", () => {
    expect(readUrl("https://bücher.example/ä", production)).toEqual({ url: "https://xn--bcher-kva.example/%C3%A4" });
  });

  it("accepts http in development only, and says so", () => {
    expect(readUrl("http://example.com", production)).toEqual({
      reason: expect.stringContaining("http:// is accepted in development only"),
    });
  });

  it.each([
    ["", "absolute URL"],
    ["example.com/hook", "absolute URL"],
    ["//example.com", "absolute URL"],
    ["https:example.com", "absolute URL"],
    ["https:/example.com", "absolute URL"],
    ["ftp://example.com", "absolute URL"],
    ["file:///etc/passwd", "absolute URL"],
    ["javascript:alert(1)", "absolute URL"],
    ["https://", "host or port"],
    ["https://:443/", "host or port"],
    ["https:///path", "host or port"],
    ["https://example.com:99999", "host or port"],
    ["https://example.com:0", "host or port"],
    ["https://exa%mple.com", "host or port"],
    ["https://user:secret@example.com", "user name"],
    ["https://@example.com", "user name"],
    ["https://example.com#top", "fragment"],
    ["https://example.com/#", "fragment"],
    [" https://example.com", "whitespace"],
    ["https://example.com/a b", "whitespace"],
    ["https://exam\tple.com", "control characters"],
    ["https://example.com/\r\nx: y", "control characters"],
    ["https://example.com\\@internal", "backslashes"],
    ["https://example.com/\u0000", "control characters"],
  ])("refuses %j", (text, reason) => {
    expect(readUrl(text, development)).toEqual({ reason: expect.stringContaining(reason) });
  });

  it("refuses more than 2048 characters, as written and as kept", () => {
    const tooLong = { reason: expect.stringContaining("at most 2048") };
    expect(readUrl(`https://example.com/${"a".repeat(2028)}`, production)).toHaveProperty("url");
    expect(readUrl(`https://example.com/${"a".repeat(2029)}`, production)).toEqual(tooLong);
    expect(readUrl(`https://example.com/${"ä".repeat(700)}`, production)).toEqual(tooLong);
  });
});

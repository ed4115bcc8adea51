import { describe, expect, it } from "@jest/globals";
import { apiError } from "./api-error.ts";
import { retryDelay } from "./retry.ts";

const answer = (status: number, headers = {}) => apiError(status, headers, "");
const refused = new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
const broken = new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) });

describe("a failed request to the API server", () => {
  it("is sent again when the server is busy, whatever it was", () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
      expect(retryDelay(method, answer(429), 1, 0)).toBe(50);
  });

  it("is sent again after a failure of the server only when doing it twice does no harm", () => {
    for (const error of [answer(500), answer(503), broken]) {
      expect(retryDelay("PATCH", error, 1, 0)).toBe(50);
      expect(retryDelay("POST", error, 1, 0)).toBeUndefined();
    }
    expect(retryDelay("POST", refused, 1, 0)).toBe(50);
  });

  it("is not sent again when the answer would be the same", () => {
    for (const status of [400, 401, 403, 404, 409, 410, 422, 501])
      expect(retryDelay("GET", answer(status), 1, 0)).toBeUndefined();
  });

  it("waits longer every time, up to 5 s, never in step with others, and as long as it is asked to", () => {
    expect([1, 2, 3, 8, 20].map((attempt) => retryDelay("GET", broken, attempt, 0))).toEqual([
      50, 100, 200, 2500, 2500,
    ]);
    expect(retryDelay("GET", broken, 1, 0.5)).toBe(75);
    expect(retryDelay("GET", answer(429, { "retry-after": "7" }), 1, 0)).toBe(7000);
    expect(retryDelay("GET", answer(503, { "retry-after": "soon" }), 1, 0)).toBe(50);
  });
});

describe("a refusal", () => {
  it("carries the API server's reason and message", () => {
    const body = JSON.stringify({ kind: "Status", reason: "NotFound", message: 'configmaps "a" not found' });
    const message = 'the API server answers 404: configmaps "a" not found';
    expect(apiError(404, {}, body)).toMatchObject({ status: 404, reason: "NotFound", message });
  });

  it("of something in between carries what that says", () => {
    const message = "the API server answers 502: <html>bad gateway</html>";
    expect(apiError(502, {}, "<html>bad gateway</html>\n")).toMatchObject({ reason: "", message });
    expect(apiError(500, {}, "")).toMatchObject({ message: "the API server answers 500: no reason given" });
  });
});

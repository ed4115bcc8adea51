import { describe, expect, it } from "@jest/globals";
import { createLogger } from "./logger.ts";
import { readableLine } from "./readable-lines.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger("api", "info", { write: (line) => void lines.push(line) }));
  return lines.join("");
}

describe("the log", () => {
  it("masks secrets wherever they stand", () => {
    const text = logged((logger) => {
      logger.info({ authorization: "Bearer s3cret", request: { headers: { authorization: "Bearer s3cret" } } }, "call");
      logger.info({ endpoint: { secret: "s3cret", url: "http://a" }, settings: { password: "s3cret" } }, "made");
    });
    expect(text).not.toContain("s3cret");
    expect(text).toContain("[secret]");
    expect(text).toContain("http://a");
  });

  it("leaves a failed statement's parameters out of errors", () => {
    const failure = Object.assign(new Error("duplicate key", { cause: new Error("23505") }), {
      parameters: ["s3cret"],
      code: "23505",
    });
    const text = logged((logger) => logger.error({ err: failure }, "could not store"));
    expect(text).not.toContain("s3cret");
    expect(JSON.parse(text)).toMatchObject({
      name: "api",
      err: { message: "duplicate key", code: "23505", cause: "Error: 23505" },
    });
  });

  it("reads well at a terminal", () => {
    const line = readableLine(
      logged((logger) => logger.warn({ region: "eu", err: new Error("refused") }, "NATS is away")),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} api .*warn.* NATS is away region=eu: refused$/);
    expect(readableLine("plain text")).toBe("plain text");
  });
});

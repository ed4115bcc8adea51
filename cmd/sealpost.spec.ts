import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";

const program = fileURLToPath(new URL("./sealpost.ts", import.meta.url));

function sealpost(...args: string[]) {
  const env = { PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", env });
  return { status, stdout, stderr };
}

describe("the one entry to all commands", () => {
  it.each([
    ["no command", [], "a command is missing"],
    ["an unknown one", ["deliver"], "there is no command deliver"],
    ["a name that every object has", ["constructor"], "there is no command constructor"],
  ])("answers %s with the list and exit code 2", (_what, args, complaint) => {
    const { status, stdout, stderr } = sealpost(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(complaint);
    expect(stderr).toMatch(/^ {2}migrate +brings the database up to this version$/m);
  });

  it("becomes the command, which finds its own arguments and exit code", () => {
    const { status, stderr } = sealpost("receiver", "--sick", "/no-such-sickness");
    expect(stderr).toContain("there is no sickness /no-such-sickness");
    expect(status).toBe(2);
  });
});

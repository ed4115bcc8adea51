import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StateFolder } from "./state-folder.ts";

describe("the state folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sealpost-state-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("keeps its own keys from run to run, for this user's eyes only", () => {
    const first = new StateFolder(folder);
    const keys = first.keys();
    first.release();
    const second = new StateFolder(folder);
    expect(second.keys()).toEqual(keys);
    expect(keys.encryptionKey).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(second.file("keys.json")).mode & 0o777).toBe(0o600);
    second.release();
  });

  it("is used by one process at a time; a lock whose process died does not count", () => {
    const state = new StateFolder(folder);
    expect(() => new StateFolder(folder)).toThrow(`process ${process.pid} uses ${folder} already`);
    state.release();
    // Above every pid that Linux and macOS give.
    writeFileSync(path.join(folder, "lock"), "99999999");
    new StateFolder(folder).release();
  });

  it("starts over without touching what is not its own", () => {
    const state = new StateFolder(folder);
    state.write("demo.json", { webhookId: "whe_1" });
    writeFileSync(state.file("notes.txt"), "mine");
    state.clear();
    expect(state.read("demo.json")).toBeUndefined();
    expect(existsSync(state.file("notes.txt"))).toBe(true);
    state.release();
  });

  it("takes a damaged file as none", () => {
    const state = new StateFolder(folder);
    writeFileSync(state.file("demo.json"), '{"webhookId":');
    expect(state.read("demo.json")).toBeUndefined();
    state.release();
  });
});

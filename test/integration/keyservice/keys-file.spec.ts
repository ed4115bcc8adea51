import { randomBytes } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openKeysFile } from "../../../internal/keyservice/keys-file.ts";
import { Keyring } from "../../../internal/secrets/keyring.ts";
import { until } from "../../harness/wait.ts";

const hex = () => randomBytes(32).toString("hex");

describe("a file of keys", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealpost-keys-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is followed when it changes, also by another link, and keeps its keys when it is broken", async () => {
    const [first, second, third] = [hex(), hex(), hex()];
    const idOf = (key: string) => new Keyring(key).current.id;
    const path = join(folder, "keys");
    writeFileSync(join(folder, "one"), `# the first\n\n${first}\n`);
    writeFileSync(join(folder, "two"), `${second} # seals\n${first}`);
    symlinkSync("one", path);
    const complaints: string[] = [];
    const file = openKeysFile(path, (message, error) => complaints.push(`${message}: ${String(error)}`));
    try {
      expect(file.keyring().current.id).toBe(idOf(first));
      // As Kubernetes does it.
      symlinkSync("two", join(folder, "new"));
      renameSync(join(folder, "new"), path);
      await until(() => file.keyring().current.id === idOf(second), { what: "the new key" });
      expect(file.keyring().byId(idOf(first))).toBeDefined();
      writeFileSync(path, `${third.slice(1)}\n`);
      await until(() => complaints.length > 0, { what: "a complaint" });
      expect(complaints[0]).toContain(`each line of ${path} must be exactly 64 hex digits`);
      expect(complaints[0]).not.toContain(third.slice(1, 9));
      expect(file.keyring().current.id).toBe(idOf(second));
      writeFileSync(path, `${third}\n`);
      await until(() => file.keyring().current.id === idOf(third), { what: "the third key" });
    } finally {
      file.close();
    }
  });

  it("must be there, and hold a key, when a process starts", () => {
    expect(() => openKeysFile(join(folder, "absent"), () => {})).toThrow("ENOENT");
    const empty = join(folder, "empty");
    writeFileSync(empty, "# nothing\n");
    expect(() => openKeysFile(empty, () => {})).toThrow("holds no key");
  });
});

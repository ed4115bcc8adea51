import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { Keyring } from "../secrets/keyring.ts";

export interface KeysFile {
  /** As the file was when it could last be read. */
  keyring(): Keyring;
  close(): void;
}

/** How often the file is looked at, ms. By name and not by inode: Kubernetes replaces a mounted secret's link. */
const lookEveryMs = 1000;

/**
 * Keeps a keyring as a file says: a key of 64 hex digits a line, the first one seals, the others still open; empty
 * lines and what follows a # do not count. A change is followed within a second or two. One that cannot be read is
 * complained about, and the keys stay as they were.
 *
 * @throws Error that names the file when it cannot be read at first
 */
export function openKeysFile(path: string, onError: (message: string, error: unknown) => void): KeysFile {
  let keyring = readKeys(path);
  const look = () => {
    try {
      keyring = readKeys(path);
    } catch (error) {
      onError("the keys stay as they were", error);
    }
  };
  watchFile(path, { interval: lookEveryMs, persistent: false }, look);
  return { keyring: () => keyring, close: () => unwatchFile(path, look) };
}

function readKeys(path: string): Keyring {
  const lines = readFileSync(path, "utf8").split("\n");
  const [current, ...older] = lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  if (current === undefined) throw new Error(`${path} (WEBHOOK_SECRET_KEYS_FILE) holds no key`);
  return new Keyring(current, older, `each line of ${path}`);
}

import { readFileSync } from "node:fs";
import { Keyring } from "../secrets/keyring.ts";
import { WatchedFiles } from "../tls/watched-files.ts";

export interface KeysFile {
  /** As the file was when it could last be read. */
  keyring(): Keyring;
  close(): void;
}

/** How often the file is read, ms. */
const lookEveryMs = 1000;

/**
 * Keeps a keyring as a file says: a key of 64 hex digits a line, the first one seals, the others still open; empty
 * lines and what follows a # do not count. A change is followed within a second or two. One that cannot be read is
 * complained about, and the keys stay as they were.
 *
 * @throws Error that names the file when it cannot be read at first
 */
export function openKeysFile(path: string, onError: (message: string, error: unknown) => void): KeysFile {
  const files = new WatchedFiles<{ text: string; keyring: Keyring }>({
    read() {
      try {
        const text = readFileSync(path, "utf8");
        return { value: { text, keyring: readKeys(path, text) } };
      } catch (error) {
        return { problems: [(error as Error).message] };
      }
    },
    same: (one, other) => one.text === other.text,
    onChange() {},
    onBroken: (problems) => onError("the keys stay as they were", new Error(problems.join("\n"))),
    pollMs: lookEveryMs,
  });
  return { keyring: () => files.value.keyring, close: () => files.stop() };
}

function readKeys(path: string, text: string): Keyring {
  const lines = text.split("\n");
  const [current, ...older] = lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  if (current === undefined) throw new Error(`${path} (WEBHOOK_SECRET_KEYS_FILE) holds no key`);
  return new Keyring(current, older, `each line of ${path}`);
}

import { readFileSync } from "node:fs";
import { Keyring } from "../secrets/keyring.ts";

export interface KeysFile {
  /** As the file was when it could last be read. */
  keyring(): Keyring;
  close(): void;
}

/**
 * How often the file is read, ms. By its name and its text: Kubernetes replaces a mounted secret's link, and whoever
 * compared times would have to take the first one before anybody can have changed the file.
 */
const lookEveryMs = 1000;

/**
 * Keeps a keyring as a file says: a key of 64 hex digits a line, the first one seals, the others still open; empty
 * lines and what follows a # do not count. A change is followed within a second or two. One that cannot be read is
 * complained about, and the keys stay as they were.
 *
 * @throws Error that names the file when it cannot be read at first
 */
export function openKeysFile(path: string, onError: (message: string, error: unknown) => void): KeysFile {
  let text = readFileSync(path, "utf8");
  let keyring = readKeys(path, text);
  let complaint = "";
  const look = () => {
    try {
      const now = readFileSync(path, "utf8");
      complaint = "";
      if (now === text) return;
      text = now;
      keyring = readKeys(path, now);
    } catch (error) {
      // Once, for as long as it stays so.
      if (String(error) === complaint) return;
      complaint = String(error);
      onError("the keys stay as they were", error);
    }
  };
  const timer = setInterval(look, lookEveryMs).unref();
  return { keyring: () => keyring, close: () => clearInterval(timer) };
}

function readKeys(path: string, text: string): Keyring {
  const lines = text.split("\n");
  const [current, ...older] = lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  if (current === undefined) throw new Error(`${path} (WEBHOOK_SECRET_KEYS_FILE) holds no key`);
  return new Keyring(current, older, `each line of ${path}`);
}

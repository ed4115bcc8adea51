import { readFileSync, statSync } from "node:fs";
import { type Verifier, verifierOf } from "./verifier.ts";

export interface SecretSources {
  /** `name=whsec_…,name=whpk_…`; may be empty. */
  list: string;
  /** A JSON file `{"name": "whsec_…"}`, a secret or a public key each, that may change, appear or go at any time; empty for none. */
  file: string;
  /** Where complaints about the file go. */
  complain(text: string): void;
}

/** Reads `name=whsec_…,…`. @throws {TypeError} that names the entry and what is wrong with it, never the secret. */
export function parseSecrets(list: string): Map<string, Verifier> {
  const secrets = new Map<string, Verifier>();
  for (const entry of list.split(",")) {
    if (entry.trim() === "") continue;
    const [, name, secret] = /^\s*([^=\s]+)=(\S+)\s*$/.exec(entry) ?? [];
    if (name === undefined || secret === undefined) {
      throw new TypeError("a signing secret is not written as name=whsec_…");
    }
    add(secrets, name, secret);
  }
  return secrets;
}

/**
 * The secrets that a receiver knows, by name. The file is looked at before every request, so that a secret added to it
 * counts from the next request on; a file that cannot be read leaves what was known and is complained about once.
 */
export class KnownSecrets {
  readonly #fixed: Map<string, Verifier>;
  readonly #sources: SecretSources;
  #fromFile = new Map<string, Verifier>();
  #version = "";

  constructor(sources: SecretSources) {
    this.#sources = sources;
    this.#fixed = parseSecrets(sources.list);
    this.#readFile();
  }

  /** Names with their verifiers, as they are known now. */
  current(): [string, Verifier][] {
    this.#readFile();
    return [...this.#fromFile, ...this.#fixed];
  }

  #readFile(): void {
    const { file, complain } = this.#sources;
    if (file === "") return;
    const stat = statSync(file, { throwIfNoEntry: false });
    const version = stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : "";
    if (version === this.#version) return;
    this.#version = version;
    try {
      this.#fromFile = stat ? readSecrets(readFileSync(file, "utf8")) : new Map();
    } catch (error) {
      complain(`${file} is not used as it is now: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function readSecrets(text: string): Map<string, Verifier> {
  const content: unknown = JSON.parse(text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new TypeError('it must hold {"name": "whsec_…"}');
  }
  const secrets = new Map<string, Verifier>();
  for (const [name, secret] of Object.entries(content)) add(secrets, name, String(secret));
  return secrets;
}

function add(secrets: Map<string, Verifier>, name: string, secret: string): void {
  secrets.set(name, verifierOf(name, secret));
}

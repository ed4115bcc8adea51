import { createHash, randomBytes } from "node:crypto";
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { holder, tryLock } from "./file-lock.ts";
import { isReachable, postgresUser } from "./postgres-binaries.ts";

/** Everything that may be in the folder: nothing else is ever deleted from it. */
const entries = [
  "postgres",
  "nats",
  "kube",
  "logs",
  "keys.json",
  "tenant.json",
  "demo.json",
  "secrets.json",
  "stack.json",
  "kubeconfig",
];

export interface Keys {
  encryptionKey: string;
  keyPepper: string;
  adminKey: string;
}

/** Where the development stack keeps data, keys and logs between runs; one process uses it at a time. */
export class StateFolder {
  readonly path: string;
  readonly #lockFile: string;

  /** @throws Error when another process uses it. */
  constructor(folder: string) {
    this.path = path.resolve(folder);
    this.#lockFile = this.file("lock");
    mkdirSync(this.file("logs"), { recursive: true });
    // The second try takes over the lock of a process that died.
    if (tryLock(this.#lockFile) || tryLock(this.#lockFile)) return;
    throw new Error(
      `process ${holder(this.#lockFile)} uses ${this.path} already (npm run dev or npm run infra): ` +
        "stop it first, or set SEALPOST_DEV_DIR to another folder",
    );
  }

  /** Ends the use of it. */
  release(): void {
    rmSync(this.#lockFile, { force: true });
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** Where Postgres keeps its data: here, or, when its user cannot enter, in a folder of its own in /var/tmp. */
  get postgres(): string {
    const user = postgresUser();
    if (user === undefined || isReachable(this.file("postgres"))) return this.file("postgres");
    const mark = createHash("sha256").update(this.path).digest("hex").slice(0, 12);
    const elsewhere = `/var/tmp/sealpost-dev-${mark}`;
    mkdirSync(elsewhere, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(elsewhere);
    if (uid !== 0 && uid !== user.uid) throw new Error(`${elsewhere} belongs to another user: remove it`);
    chownSync(elsewhere, user.uid, user.gid);
    return elsewhere;
  }

  /** Starts over: removes what earlier runs left. */
  clear(): void {
    for (const entry of [this.postgres, ...entries.map((name) => this.file(name))]) {
      rmSync(entry, { recursive: true, force: true, maxRetries: 5 });
    }
    mkdirSync(this.file("logs"), { recursive: true });
  }

  /** This folder's own keys, made the first time. What is stored under them can be read with no other. */
  keys(): Keys {
    const known = this.read<Keys>("keys.json");
    if (known) return known;
    const hex = () => randomBytes(32).toString("hex");
    const keys = { encryptionKey: hex(), keyPepper: hex(), adminKey: hex() };
    this.write("keys.json", keys);
    return keys;
  }

  /** What `write` stored; undefined when there is nothing, or nothing that can be read. */
  read<T>(name: string): T | undefined {
    try {
      return existsSync(this.file(name)) ? (JSON.parse(readFileSync(this.file(name), "utf8")) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Stores JSON for this user's eyes only; readers see the old or the new, never a part. */
  write(name: string, content: unknown): void {
    const unfinished = this.file(`${name}.new`);
    writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(unfinished, this.file(name));
  }
}

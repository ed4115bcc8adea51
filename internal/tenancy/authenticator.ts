import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { KeyHolder } from "../domain/caller.ts";
import type { ApiKey } from "../domain/entities.ts";
import { DomainError } from "../domain/errors.ts";
import { formatId, type Uuid } from "../domain/ids.ts";
import type { Authenticator } from "./api.ts";
import { hasKeyPrefix, isWellFormed } from "./key-format.ts";
import { type KeyHash, sameSecret } from "./key-hash.ts";
import type { KeyRecord } from "./ports.ts";

export interface AuthenticatorOptions {
  record: KeyRecord;
  hash: KeyHash;
  /** SEALPOST_ADMIN_KEY; undefined or empty: nobody is admin. */
  adminKey: string | undefined;
  onError: (message: string, error: unknown) => void;
  now?: () => number;
}

interface Entry {
  apiKey: ApiKey | undefined;
  readAt: number;
}

/** A key is believed this long, in ms: a revoked one is refused after it even where the notice was lost. */
const maxAgeMs = 5000;
/** A key that is not there, in ms: long enough to spare the record a flood of guesses. */
const unknownAgeMs = 1000;
/** How exact `lastUsedAt` is, in ms. */
const touchEveryMs = 60_000;

/** Tells who holds a key, mostly from memory. */
export class KeyAuthenticator implements Authenticator {
  readonly #options: Required<AuthenticatorOptions>;
  readonly #known = new LRUCache<string, Entry>({ max: 10_000 });
  readonly #unknown = new LRUCache<string, Entry>({ max: 10_000 });
  readonly #reading = new Map<string, Promise<Entry>>();

  constructor(options: AuthenticatorOptions) {
    if (options.adminKey && hasKeyPrefix(options.adminKey)) {
      throw new Error("SEALPOST_ADMIN_KEY looks like a company or workspace key: choose another one");
    }
    this.#options = { now: Date.now, ...options };
  }

  async authenticate(key: string | undefined): Promise<KeyHolder> {
    if (!key) {
      throw refusal("KEY_MISSING", "this call needs a key: send it as `authorization: Bearer <key>`");
    }
    if (!hasKeyPrefix(key)) {
      const { adminKey } = this.#options;
      if (adminKey && sameSecret(key, adminKey)) return { kind: "admin" };
      throw refusal("KEY_UNKNOWN", "nobody has this key: check that it was copied whole (spc_live_… or spw_live_…)");
    }
    // Its place in memory; the record's own hash costs ten times as much and is made for the record only.
    const name = hash("sha256", key, "base64");
    const apiKey = this.#remembered(name) ?? (await this.#find(key, name));
    if (!apiKey) throw refusal("KEY_UNKNOWN", "nobody has this key: it may be of another installation");
    this.#checkAlive(apiKey);
    this.#touch(apiKey);
    const { id: keyId, companyId, workspaceId } = apiKey;
    return workspaceId === null
      ? { kind: "company", keyId, companyId }
      : { kind: "workspace", keyId, companyId, workspaceId };
  }

  /** A change notice: the key is read again before its next use. */
  forget(keyId: Uuid): void {
    for (const [name, { apiKey }] of this.#known.entries()) if (apiKey?.id === keyId) this.#known.delete(name);
    // A read under way may have seen the key before its change: its answer is for those who wait, not to keep.
    this.#reading.clear();
  }

  /** Notices may have been missed. */
  forgetAll(): void {
    this.#known.clear();
    this.#reading.clear();
  }

  #checkAlive({ id, revokedAt, expiresAt }: ApiKey): void {
    if (revokedAt) {
      throw refusal("KEY_REVOKED", `key ${formatId("apiKey", id)} was revoked: use another key`);
    }
    if (expiresAt && expiresAt.getTime() <= this.#options.now()) {
      const time = expiresAt.toISOString();
      throw refusal("KEY_EXPIRED", `key ${formatId("apiKey", id)} expired at ${time}: use another key`);
    }
  }

  #remembered(name: string): ApiKey | undefined {
    const known = this.#known.get(name);
    return known && this.#options.now() - known.readAt < maxAgeMs ? known.apiKey : undefined;
  }

  async #find(key: string, name: string): Promise<ApiKey | undefined> {
    if (!isWellFormed(key)) {
      throw refusal("KEY_MALFORMED", "this key's checksum is wrong: it was not copied whole, or was mistyped");
    }
    const now = this.#options.now();
    const unknown = this.#unknown.get(name);
    if (unknown && now - unknown.readAt < unknownAgeMs) return undefined;
    let reading = this.#reading.get(name);
    if (!reading) {
      reading = this.#read(this.#options.hash.of(key));
      this.#reading.set(name, reading);
      const mine = reading;
      const done = (entry?: Entry) => {
        if (this.#reading.get(name) !== mine) return;
        this.#reading.delete(name);
        if (entry) (entry.apiKey ? this.#known : this.#unknown).set(name, entry);
      };
      reading.then(done, () => done());
    }
    return (await reading).apiKey;
  }

  async #read(keyHash: Buffer): Promise<Entry> {
    const readAt = this.#options.now();
    return { apiKey: await this.#options.record.findByHash(keyHash), readAt };
  }

  /** Nobody waits for it, and it is written at most once a minute. */
  #touch(apiKey: ApiKey): void {
    const now = this.#options.now();
    if (apiKey.lastUsedAt && now - apiKey.lastUsedAt.getTime() < touchEveryMs) return;
    apiKey.lastUsedAt = new Date(now);
    this.#options.record.touch(apiKey.id, apiKey.lastUsedAt).catch((error: unknown) => {
      this.#options.onError(`the last use of key ${formatId("apiKey", apiKey.id)} was not written`, error);
    });
  }
}

function refusal(reason: string, message: string): DomainError {
  return new DomainError("UNAUTHENTICATED", reason, message);
}

import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ApiKey } from "../domain/entities.ts";
import { DomainError } from "../domain/errors.ts";
import { formatId, type Uuid } from "../domain/ids.ts";
import type { Authenticator, Credentials } from "./api.ts";
import { readAllowlist } from "./ip-allowlist.ts";
import { hasKeyPrefix, isWellFormed } from "./key-format.ts";
import { type KeyHash, sameSecret } from "./key-hash.ts";
import type { KeyRecord, KnownKey } from "./ports.ts";
import type { CallLimits } from "./rate-limit.ts";

export interface AuthenticatorOptions {
  record: KeyRecord;
  hash: KeyHash;
  /** SEALPOST_ADMIN_KEY; undefined or empty: nobody is admin. */
  adminKey: string | undefined;
  /** What a key may do that carries no limit of its own. */
  limits: CallLimits;
  onError: (message: string, error: unknown) => void;
  now?: () => number;
}

interface Entry {
  known: Known | undefined;
  readAt: number;
}

interface Known {
  apiKey: ApiKey;
  credentials: Credentials;
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

  async authenticate(key: string | undefined): Promise<Credentials> {
    if (!key) {
      throw refusal("KEY_MISSING", "this call needs a key: send it as `authorization: Bearer <key>`");
    }
    if (!hasKeyPrefix(key)) {
      const { adminKey } = this.#options;
      if (adminKey && sameSecret(key, adminKey)) return { holder: { kind: "admin" }, terms: undefined };
      const without = adminKey ? "" : "; and there is no admin key here, because SEALPOST_ADMIN_KEY is not set";
      throw refusal(
        "KEY_UNKNOWN",
        `nobody has this key: check that it was copied whole (spc_live_… or spw_live_…)${without}`,
      );
    }
    // Its place in memory; the record's own hash costs ten times as much and is made for the record only.
    const name = hash("sha256", key, "base64");
    const known = this.#remembered(name) ?? (await this.#find(key, name));
    if (!known) throw refusal("KEY_UNKNOWN", "nobody has this key: it may be of another installation");
    this.#checkAlive(known.apiKey);
    this.#touch(known.apiKey);
    return known.credentials;
  }

  /** A change notice: the key is read again before its next use. */
  forget(keyId: Uuid): void {
    this.#forgetWhere(({ id }) => id === keyId);
  }

  /** The same for all keys of a company: what it says about them has changed. */
  forgetCompany(companyId: Uuid): void {
    this.#forgetWhere((apiKey) => apiKey.companyId === companyId);
  }

  /** Notices may have been missed. */
  forgetAll(): void {
    this.#known.clear();
    this.#reading.clear();
  }

  #forgetWhere(matches: (apiKey: ApiKey) => boolean): void {
    for (const [name, { known }] of this.#known.entries()) if (known && matches(known.apiKey)) this.#known.delete(name);
    // A read under way may have seen the key before its change: its answer is for those who wait, not to keep.
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

  #remembered(name: string): Known | undefined {
    const entry = this.#known.get(name);
    return entry && this.#options.now() - entry.readAt < maxAgeMs ? entry.known : undefined;
  }

  async #find(key: string, name: string): Promise<Known | undefined> {
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
        if (entry) (entry.known ? this.#known : this.#unknown).set(name, entry);
      };
      reading.then(done, () => done());
    }
    return (await reading).known;
  }

  async #read(keyHash: Buffer): Promise<Entry> {
    const readAt = this.#options.now();
    const found = await this.#options.record.findByHash(keyHash);
    return {
      known: found && { apiKey: found.apiKey, credentials: credentialsOf(found, this.#options.limits) },
      readAt,
    };
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

function credentialsOf({ apiKey, ipAllowlist }: KnownKey, limits: CallLimits): Credentials {
  const { id: keyId, companyId, workspaceId, permissions, operationsPerMinute, readsPerMinute } = apiKey;
  return {
    holder:
      workspaceId === null
        ? { kind: "company", keyId, companyId }
        : { kind: "workspace", keyId, companyId, workspaceId },
    terms: {
      permissions: permissions === null ? undefined : new Set(permissions),
      limits: { CHANGE: operationsPerMinute ?? limits.CHANGE, READ: readsPerMinute ?? limits.READ },
      allowlist: readAllowlist(ipAllowlist),
    },
  };
}

function refusal(reason: string, message: string): DomainError {
  return new DomainError("UNAUTHENTICATED", reason, message);
}

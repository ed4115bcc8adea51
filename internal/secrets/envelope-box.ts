import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { changedOrMoved, type SecretBox, type SecretPlace, UnopenedSecret } from "./box.ts";
import { type Envelope, packEnvelope, unpackEnvelope } from "./envelope.ts";
import { openGcm, sealGcm } from "./gcm.ts";
import { type KeyProvider, KeyRefused, type WrapContext } from "./key-provider.ts";
import type { Keyring } from "./keyring.ts";
import { keyringBlobKeyId, keyringFormat, openKeyringBlob } from "./keyring-blob.ts";

export interface EnvelopeBoxOptions {
  /** Wraps what is sealed from now on. */
  current: KeyProvider;
  /** Still unwrap what they wrapped. */
  others?: KeyProvider[];
  /** Opens what was sealed before there were envelopes. */
  keyring?: (() => Keyring) | undefined;
}

const dataKeyBytes = 32;
/** A key that was taken away from us opens nothing any more after this long, ms. */
const keptMs = 5 * 60_000;
const keptKeys = 20_000;

/**
 * Envelope encryption: each secret has a random data key of its own, wrapped by a key provider. Data keys that were
 * unwrapped are kept for a few minutes, so that a delivery does not wait for a key service.
 */
export class EnvelopeBox implements SecretBox {
  readonly #current: KeyProvider;
  readonly #providers: Map<string, KeyProvider>;
  readonly #keyring: (() => Keyring) | undefined;
  readonly #dataKeys = new LRUCache<string, KeyObject>({ max: keptKeys, ttl: keptMs });

  constructor({ current, others = [], keyring }: EnvelopeBoxOptions) {
    this.#current = current;
    this.#providers = new Map([...others, current].map((provider) => [provider.name, provider]));
    this.#keyring = keyring;
  }

  async seal(plain: Buffer, place: SecretPlace): Promise<Buffer> {
    const dataKey = randomBytes(dataKeyBytes);
    const payload = sealGcm(createSecretKey(dataKey), plain, boundTo(place));
    return this.#wrap(dataKey, payload, place);
  }

  async open(blob: Buffer, place: SecretPlace): Promise<Buffer> {
    if (blob[0] === keyringFormat) return openKeyringBlob(blob, place, this.#keyring?.());
    const envelope = readEnvelope(blob, place);
    const kept = `${envelope.keyId} ${envelope.wrapped.toString("base64")}`;
    let dataKey = this.#dataKeys.get(kept);
    if (!dataKey) {
      dataKey = createSecretKey(await this.#unwrap(envelope, place));
      this.#dataKeys.set(kept, dataKey);
    }
    return openPayload(dataKey, envelope, place);
  }

  /** The key under which new secrets are sealed, as `keyIdOf` names it. */
  async currentKeyId(): Promise<string> {
    return named(this.#current, await this.#current.currentKeyId());
  }

  /** The key under which a secret is sealed: `<provider>:<key>`; "unreadable" when the bytes say none. */
  keyIdOf(blob: Buffer): string {
    if (blob[0] === keyringFormat) return `local:${keyringBlobKeyId(blob)} (without an envelope)`;
    return unpackEnvelope(blob)?.keyId ?? "unreadable";
  }

  /**
   * The same secret under the current key; its payload stays as it is, when it has an envelope already.
   * @throws as `open`
   */
  async rewrap(blob: Buffer, place: SecretPlace): Promise<Buffer> {
    if (blob[0] === keyringFormat) return this.seal(await this.open(blob, place), place);
    const envelope = readEnvelope(blob, place);
    const dataKey = await this.#unwrap(envelope, place);
    // What does not open now would not open then: better said while its old key is still there.
    openPayload(createSecretKey(dataKey), envelope, place);
    return this.#wrap(dataKey, envelope.payload, place);
  }

  async #wrap(dataKey: Buffer, payload: Buffer, place: SecretPlace): Promise<Buffer> {
    const { keyId, wrapped } = await this.#current.wrap(dataKey, contextOf(place));
    return packEnvelope({ keyId: named(this.#current, keyId), wrapped, payload });
  }

  async #unwrap({ keyId, wrapped }: Envelope, place: SecretPlace): Promise<Buffer> {
    const colon = keyId.indexOf(":");
    const provider = this.#providers.get(keyId.slice(0, colon));
    if (!provider) {
      throw new UnopenedSecret(place, `its key is ${keyId}, and no settings of that key provider are here: add them`);
    }
    try {
      const dataKey = await provider.unwrap({ keyId: keyId.slice(colon + 1), wrapped }, contextOf(place));
      if (dataKey.length === dataKeyBytes) return dataKey;
    } catch (error) {
      throw error instanceof KeyRefused ? new UnopenedSecret(place, error.message) : error;
    }
    throw new UnopenedSecret(place, changedOrMoved);
  }
}

function named(provider: KeyProvider, keyId: string): string {
  return `${provider.name}:${keyId}`;
}

function readEnvelope(blob: Buffer, place: SecretPlace): Envelope {
  const envelope = unpackEnvelope(blob);
  if (envelope) return envelope;
  throw new UnopenedSecret(place, "it is cut short, or was sealed by a later release");
}

function openPayload(dataKey: KeyObject, { payload }: Envelope, place: SecretPlace): Buffer {
  const plain = openGcm(dataKey, payload, boundTo(place));
  if (!plain) throw new UnopenedSecret(place, changedOrMoved);
  return plain;
}

/** What the payload is bound to; not the key id, which re-wrapping changes. */
function boundTo({ table, tenantId, rowId, version, purpose }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([table, tenantId, rowId, version, purpose]));
}

function contextOf({ table, tenantId, rowId, version, purpose }: SecretPlace): WrapContext {
  return { table, tenant: tenantId, row: rowId, version: String(version), purpose };
}

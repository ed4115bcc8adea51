import { openGcm, sealGcm } from "./gcm.ts";
import { type KeyProvider, KeyRefused, type WrapContext, type WrappedKey } from "./key-provider.ts";
import type { Keyring } from "./keyring.ts";

/** Wraps with the keys of a keyring. It is asked for at each call, because the file behind it may change. */
export class LocalKeys implements KeyProvider {
  readonly name = "local";
  readonly #keyring: () => Keyring;

  constructor(keyring: () => Keyring) {
    this.#keyring = keyring;
  }

  async currentKeyId(): Promise<string> {
    return this.#keyring().current.id;
  }

  async wrap(dataKey: Buffer, context: WrapContext): Promise<WrappedKey> {
    const { id: keyId, key } = this.#keyring().current;
    return { keyId, wrapped: sealGcm(key, dataKey, boundTo(context, keyId)) };
  }

  async unwrap({ keyId, wrapped }: WrappedKey, context: WrapContext): Promise<Buffer> {
    const key = this.#keyring().byId(keyId);
    if (!key) throw new KeyRefused(`no key ${keyId} here: add the key that sealed it to the keyring`);
    const dataKey = openGcm(key, wrapped, boundTo(context, keyId));
    if (!dataKey) throw new KeyRefused("its key was changed, or belongs to another row: restore it from a backup");
    return dataKey;
  }

  async health(): Promise<void> {}
}

function boundTo(context: WrapContext, keyId: string): Buffer {
  return Buffer.from(JSON.stringify([...Object.entries(context).flat(), keyId]));
}

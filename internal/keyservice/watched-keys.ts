import {
  isKeyServiceUnavailable,
  type KeyProvider,
  type WrapContext,
  type WrappedKey,
} from "../secrets/key-provider.ts";

export interface WatchOptions {
  /** Called first of all, and at every change. `why` is empty when it is up. */
  onHealth(up: boolean, why: string): void;
  /** How often it is asked whether it still works, ms; 30 s unless told. */
  upEveryMs?: number;
  /** The same while it does not, ms; 1 s unless told. */
  downEveryMs?: number;
}

/**
 * A key service with its health. While it is down, calls fail at once: deliveries of endpoints whose keys are known
 * must not stand behind others that wait for an answer that does not come.
 */
export class WatchedKeys implements KeyProvider {
  readonly name: KeyProvider["name"];
  readonly #keys: KeyProvider & { close(): void };
  readonly #options: WatchOptions;
  #down: unknown;
  #said: boolean | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #closed = false;

  constructor(keys: KeyProvider & { close(): void }, options: WatchOptions) {
    this.name = keys.name;
    this.#keys = keys;
    this.#options = options;
  }

  currentKeyId(): Promise<string> {
    return this.#ask(() => this.#keys.currentKeyId());
  }

  wrap(dataKey: Buffer, context: WrapContext): Promise<WrappedKey> {
    return this.#ask(() => this.#keys.wrap(dataKey, context));
  }

  unwrap(key: WrappedKey, context: WrapContext): Promise<Buffer> {
    return this.#ask(() => this.#keys.unwrap(key, context));
  }

  /** Asks now, and from then on again and again. Never rejects: what it finds is told to onHealth. */
  async health(): Promise<void> {
    clearTimeout(this.#timer);
    this.#checking ??= this.#check();
    await this.#checking;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#keys.close();
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    if (this.#down !== undefined) throw this.#down;
    try {
      return await call();
    } catch (error) {
      // One key may be forbidden while the service works: only a check says that all of it is down.
      if (isKeyServiceUnavailable(error)) void this.health();
      throw error;
    }
  }

  async #check(): Promise<void> {
    const { onHealth, upEveryMs = 30_000, downEveryMs = 1_000 } = this.#options;
    this.#down = await this.#keys.health().then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#checking = undefined;
    if (this.#closed) return;
    const up = this.#down === undefined;
    if (up !== this.#said) onHealth(up, up ? "" : (this.#down as Error).message);
    this.#said = up;
    this.#timer = setTimeout(() => void this.health(), up ? upEveryMs : downEveryMs);
    this.#timer.unref();
  }
}

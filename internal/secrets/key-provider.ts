import { DomainError } from "../domain/errors.ts";

/** What a wrapped key is bound to, as key services take it: short names, plain values, nothing secret. */
export type WrapContext = Readonly<Record<string, string>>;

export interface WrappedKey {
  /** Which key wrapped it, by the provider's own name for it. */
  keyId: string;
  wrapped: Buffer;
}

/**
 * Keeps the keys that wrap the data keys of secrets: a keyring, or a key service whose keys never leave it.
 * A key service that does not answer, or refuses us altogether, is `keyServiceUnavailable`.
 */
export interface KeyProvider {
  /** Written before every key id, so that several providers' secrets can stand side by side. */
  readonly name: "local" | "vault" | "aws-kms";
  /** The key that wraps now. */
  currentKeyId(): Promise<string>;
  wrap(dataKey: Buffer, context: WrapContext): Promise<WrappedKey>;
  /** @throws KeyRefused when this key will never be unwrapped here. */
  unwrap(key: WrappedKey, context: WrapContext): Promise<Buffer>;
  /** Rejects with why nothing can be wrapped and unwrapped now. */
  health(): Promise<void>;
}

/** This wrapped key will not open: its key is not here, or it is not what was wrapped. Says what to do. */
export class KeyRefused extends Error {
  override readonly name = "KeyRefused";
}

const reason = "KEY_SERVICE_UNAVAILABLE";
const retryAfterMs = 5_000;

/** The key service cannot be asked now. `why` says what it answered and never holds a key. */
export function keyServiceUnavailable(provider: string, why: string, cause?: unknown): DomainError {
  return new DomainError(
    "UNAVAILABLE",
    reason,
    `the key service (${provider}) that protects signing secrets cannot be used now: ${why}; try again shortly`,
    { retryAfterMs, cause },
  );
}

export function isKeyServiceUnavailable(error: unknown): error is DomainError {
  return error instanceof DomainError && error.reason === reason;
}

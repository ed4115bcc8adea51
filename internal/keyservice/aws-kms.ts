import type { KMSClient } from "@aws-sdk/client-kms";
import {
  type KeyProvider,
  KeyRefused,
  keyServiceUnavailable,
  type WrapContext,
  type WrappedKey,
} from "../secrets/key-provider.ts";

/** What KMS answers about one ciphertext or the key that made it, and not about us. */
const refusals = new Set([
  "InvalidCiphertextException",
  "IncorrectKeyException",
  "NotFoundException",
  "DisabledException",
  "KMSInvalidStateException",
]);
/** An answer within this or none, ms. */
const timeoutMs = 3_000;

/**
 * Wraps with a symmetric key of AWS KMS, by ARN, id or alias. Region, credentials and endpoint are what the SDK finds
 * in its usual places (AWS_REGION, a role of the pod, AWS_ENDPOINT_URL_KMS, …). The key's own yearly rotation is KMS's
 * affair and needs no re-wrapping; another key does.
 */
export class AwsKms implements KeyProvider {
  readonly name = "aws-kms";
  readonly #sdk: typeof import("@aws-sdk/client-kms");
  readonly #client: KMSClient;
  readonly #keyId: string;

  private constructor(sdk: typeof import("@aws-sdk/client-kms"), keyId: string) {
    this.#sdk = sdk;
    this.#client = new sdk.KMSClient({
      maxAttempts: 2,
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
    });
    this.#keyId = keyId;
  }

  /** Loads the SDK now, so that nobody who does not use it pays for it. */
  static async open(keyId: string): Promise<AwsKms> {
    return new AwsKms(await import("@aws-sdk/client-kms"), keyId);
  }

  async currentKeyId(): Promise<string> {
    const command = new this.#sdk.DescribeKeyCommand({ KeyId: this.#keyId });
    const { KeyMetadata } = await this.#client.send(command).catch(unavailable);
    return KeyMetadata?.Arn ?? this.#keyId;
  }

  async wrap(dataKey: Buffer, context: WrapContext): Promise<WrappedKey> {
    const command = new this.#sdk.EncryptCommand({
      KeyId: this.#keyId,
      Plaintext: dataKey,
      EncryptionContext: { ...context },
    });
    const { CiphertextBlob, KeyId } = await this.#client.send(command).catch(unavailable);
    if (!CiphertextBlob || !KeyId) throw keyServiceUnavailable("aws-kms", "it answered Encrypt without a ciphertext");
    return { keyId: KeyId, wrapped: Buffer.from(CiphertextBlob) };
  }

  async unwrap({ keyId, wrapped }: WrappedKey, context: WrapContext): Promise<Buffer> {
    const command = new this.#sdk.DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: wrapped,
      EncryptionContext: { ...context },
    });
    try {
      const { Plaintext } = await this.#client.send(command);
      return Buffer.from(Plaintext ?? []);
    } catch (error) {
      const { name, message } = error as Error;
      if (refusals.has(name))
        throw new KeyRefused(`KMS refuses to decrypt its key (${name}: ${message.slice(0, 200)})`);
      return unavailable(error);
    }
  }

  async health(): Promise<void> {
    const context = { purpose: "health" };
    await this.unwrap(await this.wrap(Buffer.alloc(32), context), context);
  }

  close(): void {
    this.#client.destroy();
  }
}

function unavailable(error: unknown): never {
  const { name, message } = error as Error;
  throw keyServiceUnavailable("aws-kms", `${name}: ${message.slice(0, 200)}`, error);
}

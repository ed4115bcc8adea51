import { createSecretKey, randomBytes } from "node:crypto";
import { openGcm, sealGcm } from "../../internal/secrets/gcm.ts";
import { type JsonAnswer, type JsonService, startJsonService } from "./json-service.ts";

/** ARN of the one key there is. */
export const kmsKeyArn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/**
 * Answers Encrypt, Decrypt and DescribeKey of AWS KMS for one key, as the SDK asks them (JSON 1.1). It is not KMS: it
 * checks no signature and no permission.
 */
export async function startKmsEndpoint(): Promise<JsonService> {
  const secret = createSecretKey(randomBytes(32));

  const operations: Record<string, (body: Record<string, unknown>) => JsonAnswer> = {
    DescribeKey: () => ({ status: 200, body: { KeyMetadata: { KeyId: kmsKeyArn, Arn: kmsKeyArn } } }),
    Encrypt({ Plaintext, EncryptionContext }) {
      const sealed = sealGcm(secret, Buffer.from(String(Plaintext), "base64"), bound(EncryptionContext));
      return { status: 200, body: { CiphertextBlob: sealed.toString("base64"), KeyId: kmsKeyArn } };
    },
    Decrypt({ CiphertextBlob, EncryptionContext, KeyId }) {
      if (KeyId !== kmsKeyArn) return refused("NotFoundException", `Key '${String(KeyId)}' does not exist`);
      const plain = openGcm(secret, Buffer.from(String(CiphertextBlob), "base64"), bound(EncryptionContext));
      if (!plain) return refused("InvalidCiphertextException");
      return { status: 200, body: { Plaintext: plain.toString("base64"), KeyId: kmsKeyArn } };
    },
  };
  return startJsonService((request, body) => {
    const operation = String(request.headers["x-amz-target"]).replace("TrentService.", "");
    return operations[operation]?.(body) ?? refused("UnknownOperationException");
  });
}

function refused(type: string, message = ""): JsonAnswer {
  return { status: 400, body: { __type: type, message } };
}

/** KMS takes the context in any order. */
function bound(context: unknown): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context as object).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

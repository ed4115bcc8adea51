import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { openGcm, sealGcm } from "../../internal/secrets/gcm.ts";
import { type JsonAnswer, type JsonService, startJsonService } from "./json-service.ts";

export interface VaultDouble extends JsonService {
  token: string;
  /** A new version of the key, as `vault write -f transit/keys/<key>/rotate` makes one. */
  rotate(): void;
}

/**
 * Answers what the documentation of the transit engine says for one key (https://openbao.org/api-docs/secret/transit).
 * Not a Vault: none can be installed as simply as the rest of the tests' servers.
 */
export async function startVaultDouble(mount = "transit", key = "sealpost"): Promise<VaultDouble> {
  const versions: KeyObject[] = [createSecretKey(randomBytes(32))];
  const token = randomBytes(12).toString("hex");

  function encrypt({ plaintext, associated_data }: Record<string, unknown>): JsonAnswer {
    const sealed = sealGcm(versions.at(-1) as KeyObject, base64(plaintext), base64(associated_data));
    const ciphertext = `vault:v${versions.length}:${sealed.toString("base64")}`;
    return { status: 200, body: { data: { ciphertext, key_version: versions.length } } };
  }
  function decrypt({ ciphertext, associated_data }: Record<string, unknown>): JsonAnswer {
    const [, version, sealed] = /^vault:v(\d+):(.+)$/.exec(String(ciphertext)) ?? [];
    const secret = versions[Number(version) - 1];
    if (!secret) return refused(400, "ciphertext or signature version is disallowed by policy");
    const plain = openGcm(secret, base64(sealed), base64(associated_data));
    if (!plain) return refused(400, "cipher: message authentication failed");
    return { status: 200, body: { data: { plaintext: plain.toString("base64") } } };
  }
  const service = await startJsonService((request, body) => {
    if (request.headers["x-vault-token"] !== token) return refused(403, "permission denied");
    switch (`${request.method} ${request.url}`) {
      case `GET /v1/${mount}/keys/${key}`:
        return { status: 200, body: { data: { name: key, type: "aes256-gcm96", latest_version: versions.length } } };
      case `POST /v1/${mount}/encrypt/${key}`:
        return encrypt(body);
      case `POST /v1/${mount}/decrypt/${key}`:
        return decrypt(body);
      default:
        return refused(404, "no handler for route");
    }
  });
  return Object.assign(service, { token, rotate: () => void versions.push(createSecretKey(randomBytes(32))) });
}

function refused(status: number, message: string): JsonAnswer {
  return { status, body: { errors: [message] } };
}

function base64(text: unknown): Buffer {
  return Buffer.from(String(text), "base64");
}

import { readFileSync } from "node:fs";
import {
  type KeyProvider,
  KeyRefused,
  keyServiceUnavailable,
  type WrapContext,
  type WrappedKey,
} from "../secrets/key-provider.ts";
import { type Answer, JsonClient } from "./json-client.ts";

export interface VaultTransitOptions {
  /** `https://vault:8200` */
  address: string;
  /** A token, or the file of one, which is read at every request: an agent renews it. */
  token: { text: string } | { file: string };
  /** Enterprise and OpenBao; empty for none. */
  namespace: string;
  /** PEM; what the system trusts unless told. */
  ca?: string;
  /** Where the transit engine is mounted. */
  mount: string;
  key: string;
}

/**
 * Wraps with a key of the transit engine of HashiCorp Vault (1.13 or later, for associated_data) or OpenBao
 * (https://openbao.org/api-docs/secret/transit). Its `rewrap` is not used: it takes no associated_data.
 */
export class VaultTransit implements KeyProvider {
  readonly name = "vault";
  readonly #options: VaultTransitOptions;
  readonly #client: JsonClient;

  constructor(options: VaultTransitOptions) {
    this.#options = options;
    this.#client = new JsonClient(options.address, options.ca);
  }

  async currentKeyId(): Promise<string> {
    const { mount, key } = this.#options;
    const answer = await this.#ask("GET", `${mount}/keys/${key}`);
    const { latest_version: version } = dataOf(answer);
    if (answer.status !== 200 || typeof version !== "number") throw unavailable(answer);
    return `${mount}/${key}#${version}`;
  }

  async wrap(dataKey: Buffer, context: WrapContext): Promise<WrappedKey> {
    const { mount, key } = this.#options;
    const answer = await this.#ask("POST", `${mount}/encrypt/${key}`, {
      plaintext: dataKey.toString("base64"),
      associated_data: boundTo(context),
    });
    const { ciphertext } = dataOf(answer);
    // "vault:v3:…": the version that encrypted it.
    const version = typeof ciphertext === "string" ? /^\w+:v(\d+):/.exec(ciphertext)?.[1] : undefined;
    if (answer.status !== 200 || version === undefined) throw unavailable(answer);
    return { keyId: `${mount}/${key}#${version}`, wrapped: Buffer.from(ciphertext as string) };
  }

  async unwrap({ keyId, wrapped }: WrappedKey, context: WrapContext): Promise<Buffer> {
    const [, mount, key] = /^(.+)\/([^/]+)#\d+$/.exec(keyId) ?? [];
    if (mount === undefined || key === undefined) throw new KeyRefused(`${keyId} names no key of a transit engine`);
    const answer = await this.#ask("POST", `${mount}/decrypt/${key}`, {
      ciphertext: wrapped.toString(),
      associated_data: boundTo(context),
    });
    // 400 is about this very ciphertext: changed, bound to another row, or its key or version is gone.
    if (answer.status === 400) throw new KeyRefused(`Vault refuses to decrypt its key (${complaint(answer)})`);
    const { plaintext } = dataOf(answer);
    if (answer.status !== 200 || typeof plaintext !== "string") throw unavailable(answer);
    return Buffer.from(plaintext, "base64");
  }

  async health(): Promise<void> {
    const context = { purpose: "health" };
    await this.unwrap(await this.wrap(Buffer.alloc(32), context), context);
  }

  close(): void {
    this.#client.close();
  }

  async #ask(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
    const { token, namespace } = this.#options;
    try {
      const headers = {
        "x-vault-token": "file" in token ? readFileSync(token.file, "utf8").trim() : token.text,
        "x-vault-request": "true",
        ...(namespace !== "" && { "x-vault-namespace": namespace }),
      };
      return await this.#client.ask(method, `/v1/${path}`, headers, body);
    } catch (error) {
      throw keyServiceUnavailable("vault", (error as Error).message, error);
    }
  }
}

/** Associated data: authenticated with the ciphertext, and not kept in it. */
function boundTo(context: WrapContext): string {
  return Buffer.from(JSON.stringify(Object.entries(context).flat())).toString("base64");
}

function dataOf({ body }: Answer): Record<string, unknown> {
  return (body["data"] as Record<string, unknown> | undefined) ?? {};
}

/** Vault's own words: `{"errors": ["permission denied"]}`. */
function complaint({ status, body }: Answer): string {
  const errors = Array.isArray(body["errors"]) ? body["errors"].map(String).join("; ") : "";
  return `${status}${errors && `: ${errors.slice(0, 200)}`}`;
}

function unavailable(answer: Answer): Error {
  return keyServiceUnavailable("vault", `it answered ${complaint(answer)}`);
}

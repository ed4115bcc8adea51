import { makeKey, setting } from "../setting.ts";

const usesKeys = (env: NodeJS.ProcessEnv) => (env["SECRET_KEY_PROVIDER"] || "local") === "local";
const usesVault = (env: NodeJS.ProcessEnv) =>
  env["SECRET_KEY_PROVIDER"] === "vault" || Boolean(env["VAULT_TRANSIT_KEY"]);

/** Who wraps the keys of stored secrets. */
export const secrets = {
  SECRET_KEY_PROVIDER: setting<"local" | "vault" | "aws-kms">({
    default: "local",
    format: ["local", "vault", "aws-kms"],
    unit: "word",
    doc: "Who wraps the keys of stored secrets from now on; the others open what they wrapped while their settings stand.",
  }),
  WEBHOOK_SECRET_ENCRYPTION_KEY: setting<string>({
    default: null,
    format: "hex-key-64",
    unit: "hex digits",
    doc: "The AES-256 key under which endpoints' secrets are stored; with another one, they cannot be read.",
    sensitive: true,
    madeWith: makeKey,
    needed: {
      when: "when SECRET_KEY_PROVIDER is local and there is no WEBHOOK_SECRET_KEYS_FILE",
      in: (env) => usesKeys(env) && !env["WEBHOOK_SECRET_KEYS_FILE"],
    },
  }),
  WEBHOOK_SECRET_OLD_KEYS: setting<readonly string[]>({
    default: [],
    format: "hex-keys-64",
    unit: "hex digits",
    doc: "Earlier encryption keys, separated by commas, which still open what they sealed until npm run rekey is done.",
    sensitive: true,
    shownDefault: "none",
  }),
  WEBHOOK_SECRET_KEYS_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "Encryption keys in a file instead, one a line, the first one seals; a change is followed without a restart.",
    shownDefault: "none",
  }),
  VAULT_ADDR: setting<string>({
    default: null,
    format: "http-url",
    unit: "address",
    doc: "The HashiCorp Vault (1.13 or later) or OpenBao whose transit engine wraps keys.",
    example: "https://vault:8200",
    needed: { when: "for vault", in: usesVault },
  }),
  VAULT_TRANSIT_KEY: setting<string>({
    default: null,
    format: "name-or-none",
    unit: "name",
    doc: "The transit key, of an AEAD type such as aes256-gcm96.",
    needed: { when: "for vault", in: usesVault },
  }),
  VAULT_TRANSIT_MOUNT: setting<string>({
    default: "transit",
    format: "name-or-none",
    unit: "path",
    doc: "Where the transit engine is mounted.",
  }),
  VAULT_TOKEN: setting<string>({
    default: "",
    format: "String",
    unit: "text",
    doc: "A Vault token that may read, encrypt and decrypt with the key.",
    sensitive: true,
    shownDefault: "none",
  }),
  VAULT_TOKEN_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "A file with the Vault token instead, read at every request: a Vault agent renews it.",
    shownDefault: "none",
  }),
  VAULT_NAMESPACE: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "The Vault namespace.",
    shownDefault: "none",
  }),
  VAULT_CACERT: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The certificate authority of the Vault's certificate, in PEM.",
    shownDefault: "what the system trusts",
  }),
  AWS_KMS_KEY_ID: setting<string>({
    default: null,
    format: "name-or-none",
    unit: "name",
    doc: "The symmetric KMS key: ARN, id or alias. Region and credentials are found as the AWS SDK does.",
    needed: { when: "for aws-kms", in: (env) => env["SECRET_KEY_PROVIDER"] === "aws-kms" },
  }),
} as const;

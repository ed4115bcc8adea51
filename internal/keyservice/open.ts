import { readFileSync } from "node:fs";
import { EnvelopeBox } from "../secrets/envelope-box.ts";
import type { KeyProvider } from "../secrets/key-provider.ts";
import { Keyring } from "../secrets/keyring.ts";
import { LocalKeys } from "../secrets/local-keys.ts";
import { AwsKms } from "./aws-kms.ts";
import { openKeysFile } from "./keys-file.ts";
import { VaultTransit } from "./vault-transit.ts";
import { WatchedKeys } from "./watched-keys.ts";

/** Settings by their names (internal/config/sections); empty where not set. */
export interface SecretSettings {
  SECRET_KEY_PROVIDER: KeyProvider["name"];
  WEBHOOK_SECRET_ENCRYPTION_KEY: string;
  WEBHOOK_SECRET_OLD_KEYS: readonly string[];
  WEBHOOK_SECRET_KEYS_FILE: string;
  VAULT_ADDR: string;
  VAULT_TOKEN: string;
  VAULT_TOKEN_FILE: string;
  VAULT_NAMESPACE: string;
  VAULT_CACERT: string;
  VAULT_TRANSIT_MOUNT: string;
  VAULT_TRANSIT_KEY: string;
  AWS_KMS_KEY_ID: string;
}

export interface SecretHooks {
  /** Whether a key service works: at first and at every change. */
  onHealth(provider: string, up: boolean, why: string): void;
  onError(message: string, error: unknown): void;
}

export interface Secrets {
  box: EnvelopeBox;
  close(): void;
}

/**
 * The box for secrets that the settings ask for. Whatever provider seals, those whose settings are given still open
 * what they sealed: that is how one moves from one to the other.
 *
 * @throws Error when a key or a file of the settings cannot be read; a key service that is away is not waited for.
 */
export async function openSecrets(settings: SecretSettings, { onHealth, onError }: SecretHooks): Promise<Secrets> {
  const providers: KeyProvider[] = [];
  const closes: (() => void)[] = [];
  const watch = (keys: KeyProvider & { close(): void }) => {
    const watched = new WatchedKeys(keys, { onHealth: (up, why) => onHealth(keys.name, up, why) });
    void watched.health();
    closes.push(() => watched.close());
    providers.push(watched);
  };
  const keyring = openKeyring(settings, onError);
  if (keyring) {
    providers.push(new LocalKeys(keyring.keyring));
    closes.push(keyring.close);
  }
  if (settings.VAULT_TRANSIT_KEY !== "") watch(new VaultTransit(vaultOptions(settings)));
  if (settings.AWS_KMS_KEY_ID !== "") watch(await AwsKms.open(settings.AWS_KMS_KEY_ID));

  const current = providers.find(({ name }) => name === settings.SECRET_KEY_PROVIDER);
  if (!current) throw new Error(`SECRET_KEY_PROVIDER is ${settings.SECRET_KEY_PROVIDER}, whose settings are not here`);
  return {
    box: new EnvelopeBox({ current, others: providers, keyring: keyring?.keyring }),
    close: () => {
      for (const close of closes) close();
    },
  };
}

function openKeyring(settings: SecretSettings, onError: SecretHooks["onError"]) {
  const {
    WEBHOOK_SECRET_ENCRYPTION_KEY: key,
    WEBHOOK_SECRET_OLD_KEYS: older,
    WEBHOOK_SECRET_KEYS_FILE: file,
  } = settings;
  if (file !== "") return openKeysFile(file, onError);
  if (key === "") return undefined;
  const keyring = new Keyring(key, older);
  return { keyring: () => keyring, close: () => {} };
}

function vaultOptions(settings: SecretSettings) {
  return {
    address: settings.VAULT_ADDR,
    token: settings.VAULT_TOKEN_FILE !== "" ? { file: settings.VAULT_TOKEN_FILE } : { text: settings.VAULT_TOKEN },
    namespace: settings.VAULT_NAMESPACE,
    ...(settings.VAULT_CACERT !== "" && { ca: readFileSync(settings.VAULT_CACERT, "utf8") }),
    mount: settings.VAULT_TRANSIT_MOUNT,
    key: settings.VAULT_TRANSIT_KEY,
  };
}

import type { Say } from "./company.ts";
import type { KeySecret, KeySecrets, KnownKey, NewKey, Tenants } from "./ports.ts";

export interface WantedKey extends NewKey {
  /** The name of its value in the Secret. */
  field: string;
  /** What else stands beside it. */
  beside: Record<string, string>;
}

/**
 * One key in one Secret. A key is shown once, so what was made and not written is useless: the next run ends it and
 * makes another one. A key that somebody has used stays, because there may be a copy of it; `say` names it.
 * @param standing the company's keys
 * @throws what ownSecret throws
 */
export async function ensureKey(
  { tenants, secrets, say }: { tenants: Tenants; secrets: KeySecrets; say: Say },
  secretName: string,
  { field, beside, ...wanted }: WantedKey,
  standing: KnownKey[],
): Promise<void> {
  const secret = await ownSecret(secrets, secretName);
  const own = standing.filter(
    ({ name, workspaceId, usable }) => usable && name === wanted.name && workspaceId === wanted.workspaceId,
  );
  const kept = secret.values[field] === undefined ? undefined : own.find(({ id }) => id === secret.keyIds[field]);
  for (const other of own) {
    if (other === kept) continue;
    if (other.everUsed) {
      say(`key ${other.id} (${other.name}) is in no Secret here and has been used: revoke it when nobody needs it`);
    } else {
      await tenants.revokeKey(other.id);
      say(`key ${other.id} revoked: an earlier run made it and did not come to write it down`);
    }
  }
  if (kept) return keepBeside(secrets, secret, beside);

  const { id, key } = await tenants.createKey(wanted);
  await secrets.write({
    ...secret,
    values: { ...secret.values, ...beside, [field]: key },
    keyIds: { ...secret.keyIds, [field]: id },
  });
  say(`key ${id} made (${wanted.name}), in Secret ${secretName} under ${field}`);
}

/** @throws Error that says what to do when the Secret is somebody else's */
export async function ownSecret(secrets: KeySecrets, name: string): Promise<KeySecret> {
  const secret = await secrets.read(name);
  if (secret.ours) return secret;
  throw new Error(
    `Secret ${name} was not made by bootstrap, which leaves it alone: ` +
      "delete it, or let BOOTSTRAP_KEYS_SECRET or BOOTSTRAP_CONTROLLER_SECRET name another one",
  );
}

async function keepBeside(secrets: KeySecrets, secret: KeySecret, beside: Record<string, string>): Promise<void> {
  if (Object.entries(beside).every(([name, value]) => secret.values[name] === value)) return;
  await secrets.write({ ...secret, values: { ...secret.values, ...beside } });
}

import type { Endpoint } from "../domain/entities.ts";
import { DomainError, type FieldViolation, invalidArgument } from "../domain/errors.ts";
import type { Uuid } from "../domain/ids.ts";
import type { RotateSecretInput } from "./api.ts";
import { makeSecret, type NewSecret, secretViolations } from "./new-secret.ts";

/** A secret that signs now. */
export interface LiveKey {
  id: Uuid;
  /** Undefined: it cannot be opened, which is no reason not to replace it. */
  secret: string | undefined;
  /** How long it still signs, ms; null: it is the current one. */
  leftMs: number | null;
}

/** What becomes of an endpoint's secrets. */
export interface Rotation {
  /** The new current one; undefined: it stays. */
  add: NewSecret | undefined;
  /** How long older ones sign from now on, ms; those that are not named keep their time. */
  ends: Map<Uuid, number>;
}

const hourMs = 3_600_000;
export const defaultOverlapMs = 24 * hourMs;
const maxOverlapMs = 7 * 24 * hourMs;
/** Each one is a signature more in every request, and a receiver tries them one by one. */
const maxLive = 3;

/**
 * What a rotation does; undefined: nothing, because the secret is the current one already.
 * @throws DomainError INVALID_ARGUMENT; FAILED_PRECONDITION, reason TOO_MANY_SECRETS, rather than ending a secret before
 * the time that was promised for it
 */
export function rotationFor(input: RotateSecretInput, endpoint: Endpoint, live: LiveKey[]): Rotation | undefined {
  const standard = endpoint.keys[0]?.scheme ?? "HMAC_SHA256";
  const { compromised, overlapMs } = input;
  const violations = [...secretViolations(input, standard), ...overlapViolations(input)];
  if (violations.length > 0) throw invalidArgument(...violations);

  const [current, ...older] = live;
  const ends = new Map<Uuid, number>();
  if (compromised) for (const { id } of older) ends.set(id, 0);
  if (current && input.secret !== "" && current.secret === input.secret) {
    return ends.size > 0 ? { add: undefined, ends } : undefined;
  }
  // One that comes back does not sign twice.
  for (const { id, secret } of older) if (input.secret !== "" && secret === input.secret) ends.set(id, 0);
  const overlap = compromised ? 0 : (overlapMs ?? defaultOverlapMs);
  if (current) ends.set(current.id, overlap);
  const staying = live.filter(({ id }) => ends.get(id) !== 0);
  if (staying.length >= maxLive) throw tooMany(staying);
  return { add: makeSecret(input, standard, new Date()), ends };
}

function overlapViolations({ compromised, overlapMs }: RotateSecretInput): FieldViolation[] {
  if (overlapMs === undefined) return [];
  if (compromised && overlapMs > 0) {
    return [{ field: "overlap", description: "must be absent or 0s when the secret is compromised: it ends at once" }];
  }
  const fits = overlapMs >= 0 && overlapMs <= maxOverlapMs;
  return fits ? [] : [{ field: "overlap", description: "must be 0s to 604800s (7 days); absent means 24 hours" }];
}

function tooMany(staying: LiveKey[]): DomainError {
  const soonest = Math.min(...staying.flatMap(({ leftMs }) => leftMs ?? []));
  const until = new Date(Date.now() + soonest).toISOString();
  return new DomainError(
    "FAILED_PRECONDITION",
    "TOO_MANY_SECRETS",
    `an endpoint has at most ${maxLive} secrets at a time, and these still sign: the next one ends at ${until}; rotate ` +
      "after that, or with overlap 0s, which ends the current one now, or with compromised, which ends all of them now",
  );
}

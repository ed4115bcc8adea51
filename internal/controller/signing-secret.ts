import { createHash } from "node:crypto";
import { checkSecret } from "../signing/secret.ts";
import { parseGoDuration } from "./duration.ts";
import { type Finding, no } from "./finding.ts";
import { readKey, type Secrets, signingSecretRef } from "./references.ts";
import { names, type SecretKeyRef, type SecretObject, type WebhookEndpoint } from "./resource.ts";

/** The secret that is to sign, and when something is due to be done with it. */
export interface SigningKey {
  ref: SecretKeyRef;
  secret: string;
  digest: string;
  previousExpiresAt: Date | undefined;
  /** When the next rotation is due; undefined: when somebody asks for it. */
  rotationDueAt: Date | undefined;
}

/** Why the controller writes the Secret. */
export type SecretChange = "first" | "rotate" | "dropPrevious" | "owner";

/** Names a secret without telling it. Secrets are random, so their digest does not help to guess. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 16);
}

/**
 * The secret that is to sign, what must be written first, or what is wrong. `handedDigest` is the secret that the API
 * has: a newer one is not rotated away before the API has it, and an older one is kept until then.
 */
export function planSigning(
  resource: WebhookEndpoint,
  secrets: Secrets,
  handedDigest: string | undefined,
  now: Date,
): SigningKey | { write: SecretChange } | Finding {
  const ref = signingSecretRef(resource);
  const own = resource.spec.signing.secretRef !== undefined;
  const kept = secrets.get(ref.name) ?? null;
  if (!own) {
    if (!kept) return { write: "first" };
    if (kept.metadata.labels?.[names.secretLabel] !== resource.metadata.name) return notOurs(ref.name);
  }
  const read = readKey(secrets, ref, own ? "spec.signing.secretRef" : "the signing secret");
  if ("reason" in read) return read;
  const wrong = checkSecret(read.value);
  if (wrong) return no("SigningSecretInvalid", `key ${ref.key} of Secret ${ref.name} ${wrong}${own ? "" : remake}`);
  const key: SigningKey = {
    ref,
    secret: read.value,
    digest: digestOf(read.value),
    previousExpiresAt: undefined,
    rotationDueAt: undefined,
  };
  if (own || !kept) return key;

  const { annotations = {} } = kept.metadata;
  const { interval } = resource.spec.signing.rotation;
  const rotatedAt = timeOf(annotations[names.rotatedAt]) ?? now;
  key.previousExpiresAt = timeOf(annotations[names.previousExpiresAt]);
  if (interval !== undefined) key.rotationDueAt = new Date(rotatedAt.getTime() + parseGoDuration(interval));
  if (ownersDiffer(resource, kept)) return { write: "owner" };
  if (handedDigest !== key.digest) return key;
  const asked = resource.metadata.annotations?.[names.rotateAnnotation] ?? "";
  if (asked !== "" && asked !== annotations[names.rotatedFor]) return { write: "rotate" };
  if (key.rotationDueAt && key.rotationDueAt <= now) return { write: "rotate" };
  if (key.previousExpiresAt && key.previousExpiresAt <= now) return { write: "dropPrevious" };
  return key;
}

/** The generated Secret as it is to be. `made` is a new secret, used where one is needed. */
export function nextSecret(
  resource: WebhookEndpoint,
  kept: SecretObject | null,
  change: SecretChange,
  made: string,
  now: Date,
): SecretObject {
  const { name, namespace, annotations: asked = {} } = resource.metadata;
  const {
    annotations: old = {},
    labels = {},
    ownerReferences: _owners,
    ...metadata
  } = kept?.metadata ?? {
    name: signingSecretRef(resource).name,
    namespace,
  };
  const annotations = { ...old };
  const data = { ...kept?.data };
  if (change === "dropPrevious" || change === "rotate") {
    delete data.previous;
    delete annotations[names.previousExpiresAt];
  }
  if (change === "first" || change === "rotate") {
    const overlapMs = parseGoDuration(resource.spec.signing.rotation.overlap);
    if (data.secret !== undefined && overlapMs > 0) {
      data.previous = data.secret;
      annotations[names.previousExpiresAt] = new Date(now.getTime() + overlapMs).toISOString();
    }
    data.secret = Buffer.from(made).toString("base64");
    annotations[names.rotatedAt] = now.toISOString();
    const asking = asked[names.rotateAnnotation];
    if (asking) annotations[names.rotatedFor] = asking;
  }
  const ours = { [names.secretLabel]: name, [names.managedByLabel]: names.fieldManager };
  return {
    ...(kept ?? { type: "Opaque" }),
    metadata: { ...metadata, annotations, labels: { ...labels, ...ours }, ownerReferences: ownersOf(resource) },
    data,
  };
}

/** A Secret goes with its resource, unless the endpoint that it signs for is to stay. */
function ownersOf({ metadata, spec }: WebhookEndpoint) {
  if (spec.deletionPolicy === "Retain") return [];
  const { name, uid } = metadata;
  return [{ apiVersion: names.apiVersion, kind: names.kind, name, uid, controller: true, blockOwnerDeletion: false }];
}

function ownersDiffer(resource: WebhookEndpoint, { metadata }: SecretObject): boolean {
  const uids = (owners: { uid: string }[] = []) => owners.map(({ uid }) => uid).join();
  return uids(ownersOf(resource)) !== uids(metadata.ownerReferences);
}

const remake = ": delete that Secret, and a new one is made";

function notOurs(name: string): Finding {
  return no(
    "SecretNotOwned",
    `Secret ${name} exists and was not made for this resource, so it is left alone: set signing.generate.secretName to ` +
      "another name, or signing.secretRef to use it as it is",
  );
}

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}

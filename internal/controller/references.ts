import { createHash } from "node:crypto";
import { type Finding, no } from "./finding.ts";
import type { WantedEndpoint } from "./ports.ts";
import type { SecretKeyRef, SecretObject, WebhookEndpoint } from "./resource.ts";

/** Secrets that were read, by name; null: there is none. */
export type Secrets = ReadonlyMap<string, SecretObject | null>;

/** The Secret that holds the signing secret: the user's own, or the one that the controller writes. */
export function signingSecretRef({ metadata, spec }: WebhookEndpoint): SecretKeyRef {
  return spec.signing.secretRef ?? { name: generatedSecretName(metadata.name, spec.signing.generate), key: "secret" };
}

function generatedSecretName(resource: string, generate: { secretName: string } | undefined): string {
  return generate?.secretName ?? `${resource}-signing`;
}

/** Every Secret that a resource needs, by name. */
export function secretNames(resource: WebhookEndpoint): string[] {
  return [...new Set([...namedSecrets(resource), signingSecretRef(resource).name])];
}

/** The Secret that only the controller has to do with, by name; undefined: the spec names it. */
export function ownSecretName(resource: WebhookEndpoint): string | undefined {
  const { name } = signingSecretRef(resource);
  return resource.spec.signing.secretRef || namedSecrets(resource).includes(name) ? undefined : name;
}

/** Those that a URL and headers come from. */
function namedSecrets({ spec: { urlFrom, headers = [] } }: WebhookEndpoint): string[] {
  const sources = [urlFrom, ...headers.map(({ valueFrom }) => valueFrom)];
  return sources.flatMap((from) => from?.secretKeyRef.name ?? []);
}

/** What a resource asks for with its references resolved, or why one cannot be. */
export function resolveWanted({ spec }: WebhookEndpoint, secrets: Secrets): WantedEndpoint | Finding {
  const url = spec.urlFrom ? readKey(secrets, spec.urlFrom.secretKeyRef, "spec.urlFrom") : { value: spec.url ?? "" };
  if ("reason" in url) return url;
  const headers: Record<string, string> = {};
  for (const { name, value, valueFrom } of spec.headers ?? []) {
    const read = valueFrom ? readKey(secrets, valueFrom.secretKeyRef, `spec.headers[${name}]`) : { value: value ?? "" };
    if ("reason" in read) return read;
    headers[name] = read.value;
  }
  const { events, description = "", maxInFlight } = spec;
  // Whoever writes a value into a file ends it with a newline, which is part of neither a URL nor a header.
  return { url: url.value.trim(), events, description, maxInFlight, headers };
}

/** Nobody need touch the resource. */
const andWait = " in this namespace; it is looked for again within 15 s";

/** A value of a Secret, or why there is none. `field` is what refers to it. */
export function readKey(secrets: Secrets, { name, key }: SecretKeyRef, field: string): { value: string } | Finding {
  const secret = secrets.get(name);
  if (!secret) return no("SecretNotFound", `${field} refers to Secret ${name}, which is not there: make it${andWait}`);
  const encoded = secret.data?.[key];
  if (encoded === undefined) {
    const keys = Object.keys(secret.data ?? {}).join(", ") || "none";
    return no(
      "SecretKeyNotFound",
      `${field} refers to key ${key} of Secret ${name}, which has ${keys}: add it${andWait}`,
    );
  }
  const value = Buffer.from(encoded, "base64")
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (value === "")
    return no("SecretKeyEmpty", `${field} refers to key ${key} of Secret ${name}, which is empty: fill it${andWait}`);
  return { value };
}

/**
 * Stands for everything that is handed to the API. Values from Secrets stand in it as the version of their Secret: a
 * digest of the value itself would let anybody who reads the status try guesses.
 */
export function specHash({ spec }: WebhookEndpoint, secrets: Secrets): string {
  const versionOf = ({ name, key }: SecretKeyRef) => {
    const { uid, resourceVersion } = secrets.get(name)?.metadata ?? {};
    return [name, key, uid, resourceVersion];
  };
  const { url, urlFrom, events, description = "", maxInFlight, paused, headers = [] } = spec;
  const parts = [
    url ?? (urlFrom && versionOf(urlFrom.secretKeyRef)),
    events,
    description,
    maxInFlight,
    paused,
    headers.map(({ name, value, valueFrom }) => [name, value ?? (valueFrom && versionOf(valueFrom.secretKeyRef))]),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

import type { Finding } from "./finding.ts";
import type { ApiRefusal, RemoteEndpoint, SecretRefusal, WantedEndpoint, WantedField } from "./ports.ts";
import type { Secrets } from "./references.ts";
import type { WebhookEndpoint } from "./resource.ts";
import type { SecretChange, SigningKey } from "./signing-secret.ts";

/** Everything that a decision is made from. */
export interface Observed {
  now: Date;
  resource: WebhookEndpoint;
  /** Names this cluster. */
  cluster: string;
  /** The workspace that the namespace's label names; undefined: it has none. */
  label: string | undefined;
  /** Those that were read. */
  secrets: Secrets;
  /** The endpoint; null: there is none; undefined: nobody looked yet. */
  remote: RemoteEndpoint | null | undefined;
  /** What the API was handed last. */
  handed: Handed;
  /** An update was made already: what differs still is as the API spells it. */
  updated?: boolean;
  /** Its finalizer was taken away: it is no longer ours to look after. */
  gone?: boolean;
  /** Why the last step could not be made. */
  refusal?: ApiRefusal | undefined;
  /** Why a Secret could be neither read nor written. */
  secretRefusal?: SecretRefusal | undefined;
}

/** What the API was handed: it shows neither secrets nor header values again. */
export interface Handed {
  /** specHash */
  hash: string | undefined;
  /** The digest of the signing secret. */
  digest: string | undefined;
  /** The key that the API made of it; another one signs when somebody rotated it over the API. */
  keyID: string | undefined;
  /** The version of the headers that the API made of them; another one was written over the API. Undefined: never noted. */
  headersVersion: number | undefined;
}

/** One thing to do; what comes of it is observed, and then decided again. */
export type Step =
  | { do: "setFinalizer"; held: boolean }
  | { do: "readSecrets"; names: string[] }
  | { do: "writeSecret"; name: string; change: SecretChange }
  | { do: "readEndpoint" }
  | { do: "create"; workspaceId: string; wanted: WantedEndpoint; key: SigningKey; hash: string; again: boolean }
  | { do: "adopt"; id: string }
  | { do: "update"; id: string; wanted: WantedEndpoint; fields: WantedField[]; hash: string; drift: boolean }
  | { do: "enable" | "disable"; id: string; drift: boolean }
  | { do: "rotate"; id: string; key: SigningKey; drift: boolean }
  | { do: "delete" | "release"; id: string };

/** Nothing more to do now. */
export interface Verdict {
  accepted?: Finding;
  resolvedRefs?: Finding;
  synced?: Finding;
  /** `stalled`: somebody has to do something first. `working`: it goes on by itself. */
  progress: "done" | "working" | "stalled";
  /** When to look again before the resync; with `backoff`, later and later. */
  again?: { at: Date } | "backoff";
  key?: SigningKey | undefined;
  /** Of the spec that the API has now. */
  hash?: string;
}

export type Decision = { step: Step } | { settled: Verdict };

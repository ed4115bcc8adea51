import type { Condition } from "./conditions.ts";
import type { ObjectMeta } from "./object-meta.ts";

export interface SecretKeyRef {
  name: string;
  key: string;
}

/** The resource as deploy/crds declares it, its defaults filled in by the API server. */
export interface WebhookEndpoint {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta & { namespace: string; uid: string };
  spec: WebhookEndpointSpec;
  status?: WebhookEndpointStatus;
}

export interface WebhookEndpointSpec {
  /** Exactly one of url and urlFrom. */
  url?: string;
  urlFrom?: { secretKeyRef: SecretKeyRef };
  events: string[];
  paused: boolean;
  description?: string;
  projectID?: string;
  headers?: WantedHeader[];
  signing: {
    secretRef?: SecretKeyRef;
    generate?: { secretName: string };
    rotation: { interval?: string; overlap: string };
  };
  maxInFlight: number;
  deletionPolicy: "Delete" | "Retain";
  externalID?: string;
}

export interface WantedHeader {
  name: string;
  /** Exactly one of value and valueFrom. */
  value?: string;
  valueFrom?: { secretKeyRef: SecretKeyRef };
}

export interface WebhookEndpointStatus {
  observedGeneration?: number;
  endpointID?: string;
  workspaceID?: string;
  region?: string;
  specHash?: string;
  /** RFC 3339, to the hour. */
  lastSuccessTime?: string;
  signing?: {
    secretRef?: SecretKeyRef;
    activeKeyID?: string;
    previousKeyExpiresAt?: string;
  };
  conditions?: Condition[];
}

export type ConditionType = "Ready" | "Accepted" | "ResolvedRefs" | "Synced" | "Healthy" | "Reconciling" | "Stalled";

/** A Secret, its values still base64. */
export interface SecretObject {
  metadata: ObjectMeta & { namespace: string };
  type?: string;
  data?: Record<string, string>;
}

/** Names that are in use on clusters: none may change. */
export const names = {
  apiVersion: "sealpost.dev/v1alpha1",
  kind: "WebhookEndpoint",
  /** On a namespace: the workspace that it belongs to. */
  workspaceLabel: "sealpost.dev/workspace",
  finalizer: "sealpost.dev/endpoint",
  /** On a resource: another value than the last one rotates the generated secret. */
  rotateAnnotation: "sealpost.dev/rotate",
  /** On a generated Secret: the resource it is for. */
  secretLabel: "sealpost.dev/webhookendpoint",
  managedByLabel: "app.kubernetes.io/managed-by",
  /** On a generated Secret: what the rest of its rotation is known by. */
  rotatedAt: "sealpost.dev/rotated-at",
  rotatedFor: "sealpost.dev/rotated-for",
  previousExpiresAt: "sealpost.dev/previous-expires-at",
  fieldManager: "sealpost-controller",
} as const;

/** Whether it was ready with the spec that it has. */
export function isReady({ metadata, status }: WebhookEndpoint): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && ready.observedGeneration === metadata.generation;
}

export function hasFinalizer({ metadata }: WebhookEndpoint): boolean {
  return metadata.finalizers?.includes(names.finalizer) ?? false;
}

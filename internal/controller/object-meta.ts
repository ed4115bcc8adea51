/** What is read and written of every Kubernetes object (meta/v1). */
export interface ObjectMeta {
  name: string;
  /** Absent where the kind has none. */
  namespace?: string;
  /** This and what follows are absent until the API server has it. */
  uid?: string;
  resourceVersion?: string;
  /** Raised by every change of the spec. */
  generation?: number;
  creationTimestamp?: string;
  /** Set when somebody deleted it and a finalizer still holds it. */
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

import type { KubeObject, ObjectName } from "./object.ts";

/** A kind of object that the API server serves; `T` is its shape. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  /** Never there: it ties the type to its shape. */
  readonly shape?: T;
}

export function apiVersionOf({ group, version }: ResourceType): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The path of all objects of a kind, or of those in a namespace. */
export function listPath(type: ResourceType, namespace?: string): string {
  const { group, version, plural, namespaced } = type;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${within}/${plural}`;
}

/** The path of one object, or of its subresource. */
export function objectPath(type: ResourceType, { namespace, name }: ObjectName, subresource?: "status"): string {
  const path = `${listPath(type, namespace)}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

import { microTime } from "./micro-time.ts";
import type { KubeObject } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";

export interface LeaseSpec {
  /** Empty when it was released. */
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  /** How often the holder changed. */
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export const leases: ResourceType<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};

export interface Claimant {
  identity: string;
  /** How long the others wait for a renewal, in ms. */
  durationMs: number;
}

/**
 * What to write to have the lease or to go on having it; undefined while it is somebody else's.
 * @param spec as it stands; undefined when there is none
 * @param unchangedMs how long it has stood so, by the clock of this process: the holder's clock is never compared
 * @param now ms since the epoch, for those who read it
 */
export function claim(
  spec: LeaseSpec | undefined,
  { identity, durationMs }: Claimant,
  unchangedMs: number,
  now: number,
): LeaseSpec | undefined {
  const { holderIdentity = "", leaseDurationSeconds = 0, leaseTransitions = 0, acquireTime } = spec ?? {};
  const mine = holderIdentity === identity;
  if (holderIdentity !== "" && !mine && unchangedMs < leaseDurationSeconds * 1000) return undefined;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: mine && acquireTime ? acquireTime : microTime(now),
    renewTime: microTime(now),
    leaseTransitions: mine || spec === undefined ? leaseTransitions : leaseTransitions + 1,
  };
}

/** What to write to give it up: whoever comes next need not wait. */
export function released(spec: LeaseSpec, now: number): LeaseSpec {
  return { ...spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(now) };
}

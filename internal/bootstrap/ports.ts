import type { Permission } from "../domain/permissions.ts";
import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";

/** Ids as people see them. */
export interface KnownCompany {
  id: string;
  name: string;
  planTier: PlanTier;
  /** Blocks in their plain form. */
  ipAllowlist: string[];
  deliveryNetworks: DeliveryNetworks;
}

export interface KnownWorkspace {
  id: string;
  name: string;
  region: string;
}

export interface KnownKey {
  id: string;
  name: string;
  /** Empty: a company key. */
  workspaceId: string;
  /** Neither revoked nor expired. */
  usable: boolean;
  /** Whether a call was ever made with it. */
  everUsed: boolean;
}

export interface NewKey {
  companyId: string;
  /** Empty: a company key. */
  workspaceId: string;
  name: string;
  /** None: everything that its kind allows. */
  permissions: Permission[];
  /** 0: what the installation gives every key. */
  operationsPerMinute: number;
  readsPerMinute: number;
}

/** The API of Sealpost, with the operator's key. Lists are whole, oldest first. Every method throws when it refuses. */
export interface Tenants {
  /** Undefined: there is none of this id. */
  company(id: string): Promise<KnownCompany | undefined>;
  companies(): Promise<KnownCompany[]>;
  createCompany(name: string, planTier: PlanTier): Promise<KnownCompany>;
  setIpAllowlist(companyId: string, cidrs: string[]): Promise<void>;
  setDeliveryNetworks(companyId: string, networks: DeliveryNetworks): Promise<void>;
  workspaces(companyId: string): Promise<KnownWorkspace[]>;
  createWorkspace(companyId: string, name: string, region: string): Promise<KnownWorkspace>;
  keys(companyId: string): Promise<KnownKey[]>;
  /** `key` is shown here and never again. */
  createKey(key: NewKey): Promise<{ id: string; key: string }>;
  revokeKey(id: string): Promise<void>;
}

/** A Secret as it is kept in the cluster. */
export interface KeySecret {
  name: string;
  /** Whether an earlier run made it: nobody else's is written. */
  ours: boolean;
  /** What is in it, decoded. */
  values: Record<string, string>;
  /** The ids of the keys in it, by the name of the value. */
  keyIds: Record<string, string>;
  /** Of the object as it was read; undefined: there is none yet. */
  version: string | undefined;
}

export interface KeySecrets {
  /** One that is not there is empty, and ours. */
  read(name: string): Promise<KeySecret>;
  /** As a whole. @throws also when it was made or changed since it was read */
  write(secret: KeySecret): Promise<KeySecret>;
}

import type { Address } from "./address.ts";
import { CidrSet, parseCidr } from "./cidr.ts";
import { isUnder } from "./private-names.ts";

/** What the operator lets one company's endpoints reach beside the public internet. */
export interface DeliveryNetworks {
  /** Blocks of private addresses, by the names that people know them by. */
  networks: { name: string; cidr: string }[];
  /** Names that end so are accepted although no public name does: `svc.cluster.local`. */
  nameSuffixes: string[];
  /** Whether these networks may be reached over http:// too. */
  allowHttp: boolean;
}

/** The same, ready to be asked. */
export interface Allowance {
  /** Equal for equal allowances, and only for those: connections are shared by it. Empty when nothing is allowed. */
  readonly key: string;
  readonly allowHttp: boolean;
  hasAddress(address: Address): boolean;
  /** Takes plain names. */
  hasName(name: string): boolean;
}

export const noDeliveryNetworks: DeliveryNetworks = { networks: [], nameSuffixes: [], allowHttp: false };

/** For everybody of whom the operator has said nothing. */
export const noAllowance = allowanceOf(noDeliveryNetworks);

/** Kept as it stands in the record, which took it only after it was checked: a block that cannot be read allows nothing. */
export function allowanceOf({ networks, nameSuffixes, allowHttp }: DeliveryNetworks): Allowance {
  const cidrs = networks.map(({ cidr }) => cidr).toSorted();
  const suffixes = nameSuffixes.toSorted();
  const set = new CidrSet(cidrs.flatMap((cidr) => parseCidr(cidr) ?? []));
  const nothing = cidrs.length === 0 && suffixes.length === 0;
  return {
    key: nothing ? "" : JSON.stringify([cidrs, suffixes, allowHttp]),
    allowHttp,
    hasAddress: (address) => set.contains(address),
    hasName: (name) => suffixes.some((suffix) => isUnder(name, suffix)),
  };
}

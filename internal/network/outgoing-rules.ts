import { type Address, formatAddress, parseAddress } from "./address.ts";
import type { Allowance } from "./allowance.ts";
import { type Cidr, CidrSet, formatCidr } from "./cidr.ts";
import { isUnder, plainName, whyMetadata, whyNoName, whyNotPublicName } from "./private-names.ts";
import { embeddedV4, specialRange, whyNotPublic } from "./special-ranges.ts";

export interface OutgoingRulesOptions {
  /** Development reaches this machine and private networks, over http:// too; everything else is as in production. */
  development: boolean;
  /** What the operator denies beside that; nothing allows it again. */
  deny: readonly Cidr[];
}

/** What is asked about one request. */
export interface Journey {
  /** https:// */
  secure: boolean;
  /** Of the company whose request it is. */
  allowance: Allowance;
}

const httpsOnly = "http:// is not accepted: what is sent could be read on its way, use https://";
const askOperator = "the operator can allow it for your company (delivery networks)";

/**
 * Where requests to URLs that strangers wrote may go: asked about the text when an endpoint is saved, and about every
 * address when a connection is opened, because a name can lead elsewhere later.
 */
export class OutgoingRules {
  readonly development: boolean;
  readonly #deny: CidrSet;

  constructor({ development, deny }: OutgoingRulesOptions) {
    this.development = development;
    this.#deny = new CidrSet(deny);
  }

  /** Why requests may not go to this host, by name or address without brackets; undefined when they may. */
  refuseHost(host: string, journey: Journey): string | undefined {
    const address = parseAddress(host);
    return address ? this.#refuseAddress(address, journey) : this.#refuseName(plainName(host), journey);
  }

  /** The same for an address that a name leads to, or that a socket is connected to. */
  refuseAddress(text: string, journey: Journey): string | undefined {
    const address = parseAddress(text);
    return address ? this.#refuseAddress(address, journey) : `"${text}" is not an address`;
  }

  #refuseName(name: string, { secure, allowance }: Journey): string | undefined {
    const never = whyNoName(name) ?? whyMetadata(name);
    if (never !== undefined || this.development) return never;
    const allowed = allowance.hasName(name);
    const reason = allowed ? undefined : whyNotPublicName(name);
    if (reason !== undefined) return isUnder(name, "localhost") ? reason : `${reason}: ${askOperator}`;
    return secure || (allowed && allowance.allowHttp) ? undefined : httpsOnly;
  }

  #refuseAddress(address: Address, { secure, allowance }: Journey): string | undefined {
    const reached = embeddedV4(address) ?? address;
    const denied = this.#deny.find(address) ?? this.#deny.find(reached);
    if (denied) return `${formatAddress(reached)} is in ${formatCidr(denied)}, which the operator denies`;
    const range = specialRange(address);
    const allowed = (!range || range.kind === "own") && allowance.hasAddress(reached);
    if (this.development ? range?.kind === "other" : range && !allowed) {
      const reason = whyNotPublic(address);
      return range?.kind === "own" ? `${reason}: ${askOperator}` : reason;
    }
    return secure || this.development || (allowed && allowance.allowHttp) ? undefined : httpsOnly;
  }
}

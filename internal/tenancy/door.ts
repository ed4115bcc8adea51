import type { Caller } from "../domain/caller.ts";
import type { Access } from "../domain/permissions.ts";
import { formatAddress } from "../network/address.ts";
import type { CidrSet } from "../network/cidr.ts";
import { clientAddress } from "../network/client-address.ts";
import type { Authenticator } from "./api.ts";
import { authorize } from "./authorize.ts";

/** A call that asks to be let in, whatever protocol brought it. */
export interface Arrival {
  /** Undefined: none was sent. */
  key: string | undefined;
  /** The network address of the other end of the connection. */
  peer: string;
  /** Every `X-Forwarded-For` header, in the order in which they came. */
  forwardedFor: readonly string[];
  requestId: string;
  /** `sealpost.v1.EventService/PublishEvent` */
  method: string;
  /** What the method declares; undefined: nothing, so nobody may call it. */
  access: Access | undefined;
}

export interface DoorOptions {
  authenticator: Authenticator;
  /** TRUSTED_PROXIES: whose word on where a call comes from is believed. */
  trustedProxies: CidrSet;
}

/** The one door to every method: who calls, from where, and whether that may be. */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** @throws DomainError that says why not */
  async admit({ key, peer, forwardedFor, requestId, method, access }: Arrival): Promise<Caller> {
    const { authenticator, trustedProxies } = this.#options;
    const address = clientAddress(peer, forwardedFor, trustedProxies);
    const origin = { address: address === undefined ? "" : formatAddress(address), requestId, method };
    const caller: Caller = { ...(await authenticator.authenticate(key)), origin };
    authorize(caller, access);
    return caller;
  }
}

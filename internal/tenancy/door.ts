import type { Caller } from "../domain/caller.ts";
import type { Access } from "../domain/permissions.ts";
import { formatAddress } from "../network/address.ts";
import type { CidrSet } from "../network/cidr.ts";
import { clientAddress } from "../network/client-address.ts";
import type { Authenticator } from "./api.ts";
import { authorize } from "./authorize.ts";

/** A call before the door, whatever protocol brought it. */
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

  /** Who calls, and from where. @throws DomainError UNAUTHENTICATED */
  async identify({ key, peer, forwardedFor, requestId, method }: Arrival): Promise<Caller> {
    const { authenticator, trustedProxies } = this.#options;
    const address = clientAddress(peer, forwardedFor, trustedProxies);
    const origin = { address: address === undefined ? "" : formatAddress(address), requestId, method };
    return { ...(await authenticator.authenticate(key)), origin };
  }

  /**
   * Lets a caller in, or not; `access` undefined: the method declares nothing, so nobody may call it. Apart from
   * `identify`, so that who was refused is known.
   * @throws DomainError that says why not
   */
  async admit(caller: Caller, access: Access | undefined): Promise<void> {
    authorize(caller, access);
  }
}

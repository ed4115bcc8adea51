import type { Caller } from "../domain/caller.ts";
import type { Access } from "../domain/permissions.ts";
import { formatAddress } from "../network/address.ts";
import type { CidrSet } from "../network/cidr.ts";
import { clientAddress } from "../network/client-address.ts";
import type { Authenticator, KeyTerms } from "./api.ts";
import { authorize, declared } from "./authorize.ts";
import { requireAllowedAddress } from "./ip-allowlist.ts";
import type { RateLimit } from "./rate-limit.ts";

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
  rateLimit: Pick<RateLimit, "take">;
  /** TRUSTED_PROXIES: whose word on where a call comes from is believed. */
  trustedProxies: CidrSet;
}

/** Who stands before the door. */
export interface Visitor {
  caller: Caller;
  /** Undefined: the operator, whom nothing but the kind of key binds. */
  terms: KeyTerms | undefined;
}

/**
 * The one door to every method: who calls, from where, and whether that may be. The operator's key is bound by no
 * limit and no allowlist: it sets them.
 */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Who calls, and from where. @throws DomainError UNAUTHENTICATED */
  async identify({ key, peer, forwardedFor, requestId, method }: Arrival): Promise<Visitor> {
    const { authenticator, trustedProxies } = this.#options;
    const address = clientAddress(peer, forwardedFor, trustedProxies);
    const origin = { address: address === undefined ? "" : formatAddress(address), requestId, method };
    const { holder, terms } = await authenticator.authenticate(key);
    return { caller: { ...holder, origin }, terms };
  }

  /**
   * Lets a visitor in, or not; `access` undefined: the method declares nothing, so nobody may call it. Apart from
   * `identify`, so that who was refused is known.
   * @throws DomainError that says why not
   */
  async admit({ caller, terms }: Visitor, access: Access | undefined): Promise<void> {
    const { permission, operation } = declared(caller, access);
    // First: what any other rule refuses counts, so that nobody can try things out any faster.
    if (terms && caller.kind !== "admin" && operation !== "PUBLISH") {
      await this.#options.rateLimit.take(caller.keyId, operation, terms.limits);
    }
    authorize(caller, { permission, operation }, terms?.permissions);
    if (terms && caller.kind === "company") requireAllowedAddress(caller, terms.allowlist);
  }
}

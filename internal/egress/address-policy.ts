/** Which addresses may be connected to. Asked before every connection, so that no name can lead elsewhere later. */
export interface AddressPolicy {
  /**
   * Where names come from. "dns": the name servers only, without hosts file and search list, so that no name means
   * something else inside a cluster. "system": as every program of the machine resolves them, `localhost` included.
   */
  readonly names: "dns" | "system";
  /**
   * Why this address is refused, for the reader of the record; undefined when it is allowed. Called for every address
   * of a name and again for the peer of the open socket; must not throw.
   * @param address IPv4 or IPv6 in text form, without brackets.
   * @param host as it stands in the URL.
   */
  check(address: string, host: string): string | undefined;
}

/** For development: every address, and names such as `localhost`. Never for requests to strangers' URLs. */
export const allowAllAddresses: AddressPolicy = {
  names: "system",
  check: () => undefined,
};

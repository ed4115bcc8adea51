import { type Address, parseAddress } from "./address.ts";
import type { CidrSet } from "./cidr.ts";

/**
 * Where a call comes from: the other end of its connection or, when that is a trusted proxy, the right-most hop of
 * `X-Forwarded-For` that is none. Only what trusted proxies wrote is read: whatever stands left of it the caller may
 * have written. Undefined when such a proxy wrote something that is no plain address (a name, a port, nothing between
 * two commas): nobody is let in by guessing.
 *
 * @param forwardedFor every `X-Forwarded-For` header of the call, in the order in which they came
 */
export function clientAddress(
  peer: string,
  forwardedFor: readonly string[],
  trustedProxies: CidrSet,
): Address | undefined {
  // A socket shows a link-local peer with its zone.
  let address = parseAddress(peer.replace(/%.*$/, ""));
  if (address === undefined || !trustedProxies.contains(address)) return address;
  const text = forwardedFor.join(",");
  const hops = text.trim() === "" ? [] : text.split(",");
  while (address !== undefined && hops.length > 0 && trustedProxies.contains(address)) {
    address = parseAddress((hops.pop() ?? "").trim());
  }
  return address;
}

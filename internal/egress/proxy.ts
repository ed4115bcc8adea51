import type { NoProxy } from "../config/values.ts";
import { parseAddress } from "../network/address.ts";
import { CidrSet } from "../network/cidr.ts";
import { isUnder, plainName } from "../network/private-names.ts";
import { showAddress } from "./target.ts";

/** The operator's own proxy, which makes the connections to receivers (HTTP CONNECT, RFC 9110 §9.3.6). */
export interface EgressProxy {
  /** Whether it is spoken to over TLS. */
  secure: boolean;
  host: string;
  port: number;
  /** Its name for people, without credentials. */
  shown: string;
  /** The value of Proxy-Authorization; undefined: none is sent. */
  authorization: string | undefined;
  /** Whether a connection to this address, for this host of a URL, is made without it. */
  bypasses(host: string, address: string): boolean;
}

/** @param url http or https, with or without user and password; an empty one is no proxy. */
export function egressProxy(url: string, noProxy: NoProxy): EgressProxy | undefined {
  if (url === "") return undefined;
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const number = port === "" ? (secure ? 443 : 80) : Number(port);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const cidrs = new CidrSet(noProxy.cidrs);
  return {
    secure,
    host,
    port: number,
    shown: showAddress(host, number),
    authorization: username === "" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`,
    bypasses(name, text) {
      const address = parseAddress(text);
      const plain = plainName(name);
      return (address && cidrs.contains(address)) || noProxy.names.some((known) => isUnder(plain, known));
    },
  };
}

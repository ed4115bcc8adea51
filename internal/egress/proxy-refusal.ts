import { STATUS_CODES } from "node:http";
import { EgressFailure, ProxyFailure } from "./egress-failure.ts";

/** Proxy error types that blame the destination (RFC 9209 §2.3), and what they say of it. */
const destinationErrors: Readonly<Record<string, string>> = {
  destination_unavailable: "it is unavailable",
  destination_ip_unroutable: "there is no route to it",
  connection_refused: "it refused the connection",
  connection_terminated: "it ended the connection",
  connection_timeout: "it did not answer to connecting",
};

/** The same from Squid, which does not speak RFC 9209: `X-Squid-Error: ERR_CONNECT_FAIL 111`. */
const squidErrors: Readonly<Record<string, string>> = {
  ERR_CONNECT_FAIL: "it did not take the connection",
};

/**
 * What a proxy's refusal to connect means. One that blames the destination is the receiver's failure; every other one
 * is ours: whoever runs Sealpost runs the proxy too.
 * @param head the status line and headers of the answer.
 */
export function proxyRefusal(proxy: string, peer: string, status: number, head: string): EgressFailure {
  const reported = /^proxy-status:.*?;\s*error="?([a-z_]+)/im.exec(head)?.[1] ?? "";
  const squid = /^x-squid-error:\s*([A-Z_]+)/im.exec(head)?.[1] ?? "";
  const blamed = own(destinationErrors, reported) ?? own(squidErrors, squid);
  if (blamed !== undefined)
    return new EgressFailure("CONNECT", `the egress proxy cannot connect to ${peer}: ${blamed}`);
  const mend = status === 407 ? ": check the user and password in EGRESS_PROXY_URL" : "";
  const reason = STATUS_CODES[status];
  return new ProxyFailure(
    `the egress proxy ${proxy} answered ${status}${reason ? ` ${reason}` : ""} when asked for ${peer}${mend}`,
  );
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

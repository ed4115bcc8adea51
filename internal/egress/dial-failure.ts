import { EgressFailure, errorCode, errorMessage } from "./egress-failure.ts";

/** What went wrong with a TCP connection, as a sentence without its object. */
export function connectProblem(code: string): string {
  const problems: Record<string, string> = {
    ECONNREFUSED: "connection refused by",
    ECONNRESET: "connection reset by",
    ETIMEDOUT: "no answer to connecting from",
    EHOSTUNREACH: "no route to",
    ENETUNREACH: "no route to",
    EADDRNOTAVAIL: "no local address to connect from to",
  };
  return problems[code] ?? `cannot connect (${code || "unknown error"}) to`;
}

/** None of a name's addresses took the connection; `tried` in order, addresses with their port. */
export function connectFailure(tried: { address: string; error: unknown }[]): EgressFailure {
  const byProblem = new Map<string, string[]>();
  for (const { address, error } of tried) {
    const problem = connectProblem(errorCode(error));
    byProblem.set(problem, [...(byProblem.get(problem) ?? []), address]);
  }
  const sentences = [...byProblem].map(([problem, addresses]) => `${problem} ${addresses.join(" and ")}`);
  return new EgressFailure("CONNECT", sentences.join(", "), tried.at(-1)?.error);
}

/** The TLS handshake with `address` failed. */
export function tlsFailure(host: string, address: string, error: unknown): EgressFailure {
  return new EgressFailure("TLS", `${tlsProblem(host, error)} (${address})`, error);
}

/** What went wrong with a TLS handshake, as a sentence without its object. */
export function tlsProblem(host: string, error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "certificate has expired";
    case "CERT_NOT_YET_VALID":
      return "certificate is not yet valid";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return "certificate is self-signed";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return "certificate is signed by an unknown authority";
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "certificate is signed by an unknown authority, or an intermediate certificate is missing";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `certificate is for another name than ${host}`;
    case "ECONNRESET":
    case "EPIPE":
      return "connection closed during the TLS handshake";
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "no TLS spoken on this port: is it plain http?";
    case "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION":
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
      return "no common TLS version: at least TLS 1.2 is needed";
    default:
      return `TLS handshake failed: ${code || errorMessage(error)}`;
  }
}

import { EgressFailure, errorCode } from "./egress-failure.ts";

/**
 * The class and the sentence of an error that undici reports for a request that had a connection. Everything that a
 * peer does to its connection is CONNECT; INTERNAL is left for our own faults.
 * @param peer host and port.
 * @param answered whether an answer had begun.
 */
export function answerFailure(peer: string, answered: boolean, error: Error): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const code = errorCode(error);
  const problem = peerProblem(code, error);
  if (problem) {
    const when = problem.when ? (answered ? " before the end of its answer" : " without answering") : "";
    return new EgressFailure("CONNECT", `${peer} ${problem.what}${when}`, error);
  }
  if (code.startsWith("ERR_SSL_")) return new EgressFailure("TLS", `${peer} ended the TLS connection: ${code}`, error);
  if ("syscall" in error) return new EgressFailure("CONNECT", `lost the connection to ${peer} (${code})`, error);
  return new EgressFailure("INTERNAL", `the request could not be made: ${error.message}`, error);
}

function peerProblem(code: string, { name, message }: Error): { what: string; when?: true } | undefined {
  const closed = { what: "closed the connection", when: true } as const;
  // undici tells its socket errors apart by their message only, and its parser errors have no code.
  if (code === "UND_ERR_SOCKET" && message === "bad upgrade") return { what: "switched to another protocol, unasked" };
  if (code === "UND_ERR_SOCKET" && message === "bad response") return { what: "answered 100 Continue, unasked" };
  if (code === "UND_ERR_SOCKET") return closed;
  if (name === "HTTPParserError") {
    const reason = /\((.*)\)$/.exec(message)?.[1] ?? message;
    return reason.startsWith("Invalid EOF") ? closed : { what: `did not answer in HTTP/1.1 (${reason})` };
  }
  if (code === "ECONNRESET" || code === "EPIPE") return { what: "reset the connection", when: true };
  if (code === "UND_ERR_HEADERS_OVERFLOW") return { what: "sent more than 16 KiB of headers" };
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH")
    return { what: "sent an answer that its content-length does not fit" };
  return undefined;
}

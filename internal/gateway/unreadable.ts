import type { Socket } from "node:net";
import { DomainError } from "../domain/errors.ts";
import { domainStatus } from "../rpc/status.ts";
import { errorAnswer } from "./error-body.ts";

/** Answers what Node's HTTP parser refuses, before there is a request, in the form of every other failure. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") {
    const { status, body } = errorAnswer(domainStatus(unreadable(error.code)));
    const headers = ["content-type: application/json; charset=utf-8", `content-length: ${Buffer.byteLength(body)}`];
    // A status line may go without its words (RFC 9112 §4).
    socket.write(`HTTP/1.1 ${status} \r\n${headers.join("\r\n")}\r\nconnection: close\r\n\r\n${body}`);
  }
  socket.destroy();
}

function unreadable(code: string | undefined): DomainError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new DomainError("DEADLINE_EXCEEDED", "REQUEST_TIMEOUT", "the request did not become whole in time");
    case "HPE_HEADER_OVERFLOW":
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new DomainError("RESOURCE_EXHAUSTED", "HEADERS_TOO_LARGE", "the headers are larger than 16 KiB");
    default:
      return new DomainError("INVALID_ARGUMENT", "MALFORMED_HTTP", "this is not HTTP/1.1 that could be read");
  }
}

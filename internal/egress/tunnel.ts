import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { connectProblem, tlsProblem } from "./dial-failure.ts";
import { EgressFailure, errorCode, ProxyFailure } from "./egress-failure.ts";
import type { EgressProxy } from "./proxy.ts";
import { proxyRefusal } from "./proxy-refusal.ts";

type Done = (error: EgressFailure | null, socket: Socket | null) => void;

/** As for receivers. */
const maxHeadBytes = 16 * 1024;

/**
 * Opens one connection through the proxy. The proxy is asked for the address that was checked, never for a name, which
 * it might resolve to another one.
 */
export class Tunnel {
  /** Whether the proxy is there and has been asked: what is waited for now is the receiver. */
  asked = false;
  readonly #proxy: EgressProxy;
  /** Address and port. */
  readonly #peer: string;
  readonly #socket: Socket;
  readonly #done: Done;
  #head = Buffer.alloc(0);
  #ended = false;

  constructor(proxy: EgressProxy, peer: string, secureContext: SecureContext | undefined, done: Done) {
    this.#proxy = proxy;
    this.#peer = peer;
    this.#done = done;
    const { host, port, secure } = proxy;
    const options = { host, port, noDelay: true };
    const servername = isIP(host) === 0 ? host : "";
    this.#socket = secure
      ? connectTls({ ...options, servername, minVersion: "TLSv1.2", ...(secureContext && { secureContext }) })
      : connectTcp(options);
    this.#socket.once(secure ? "secureConnect" : "connect", () => this.#ask());
    this.#socket.on("error", this.#onError);
    this.#socket.on("close", this.#onClose);
    this.#socket.on("data", this.#onData);
  }

  /** Ends it without calling back. */
  abort(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #ask(): void {
    const { authorization } = this.#proxy;
    const credentials = authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
    this.asked = true;
    this.#socket.write(`CONNECT ${this.#peer} HTTP/1.1\r\nHost: ${this.#peer}\r\n${credentials}\r\n`);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0 ? this.#head.length > maxHeadBytes : end > maxHeadBytes)
      return this.#fail("answered at too great a length");
    if (end < 0) return;
    const head = this.#head.toString("latin1", 0, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1] ?? 0);
    if (status === 0) return this.#fail("did not answer in HTTP/1.1");
    if (status < 200 || status > 299) return this.#end(proxyRefusal(this.#proxy.shown, this.#peer, status, head));
    this.#open(this.#head.subarray(end + 4));
  };

  readonly #onError = (error: Error): void => {
    const code = errorCode(error);
    if (this.asked) return this.#fail(`ended the connection (${code}) before it answered`);
    const problem =
      this.#proxy.secure && !/^E[A-Z]+$/.test(code) ? tlsProblem(this.#proxy.host, error) : connectProblem(code);
    this.#end(new ProxyFailure(`the egress proxy cannot be used: ${problem} ${this.#proxy.shown}`, error));
  };

  readonly #onClose = (): void => this.#fail("closed the connection before it answered");

  /** From here on the connection is the receiver's. */
  #open(early: Buffer): void {
    this.#ended = true;
    this.#socket.off("data", this.#onData);
    this.#socket.off("close", this.#onClose);
    this.#socket.off("error", this.#onError);
    this.#socket.pause();
    if (early.length > 0) this.#socket.unshift(early);
    this.#done(null, this.#socket);
  }

  #fail(problem: string): void {
    this.#end(new ProxyFailure(`the egress proxy ${this.#proxy.shown} ${problem}`));
  }

  #end(failure: EgressFailure): void {
    if (this.#ended) return;
    this.abort();
    this.#done(failure, null);
  }
}

import type { Socket } from "node:net";
import { Client } from "undici";
import { Dial, type DialOptions } from "./dial.ts";
import { EgressFailure } from "./egress-failure.ts";
import type { Exchange, ExchangeOwner, PostRequest } from "./exchange.ts";
import { poolKey } from "./target.ts";

/** Who lends connections and takes them back. */
export interface ConnectionHome {
  /** It is open and free. */
  free(connection: Connection): void;
  /** It is closed, or must not be used again. */
  lost(connection: Connection): void;
}

/** Without a Keep-Alive hint an idle connection is closed after this: before Node's own servers (5 s) close theirs. */
const idleMs = 4000;
/** With a hint of the peer's, at most this; undici stays 2 s below the hint. */
const maxIdleMs = 60_000;
/** Node's own limit for response headers, in bytes. */
const maxHeaderBytes = 16 * 1024;
/**
 * What an answer may take on its way, in bytes: headers, 1xx and a body as long as it is read, in the smallest chunks, come
 * to less. The parser bounds all of them but the extensions of chunks, which it swallows without a word.
 */
const maxAnswerBytes = 2 * 2 ** 20;

/**
 * One connection that carries one exchange at a time. undici's Client opens it when it is first used, and again when
 * the peer closed it while it was idle: a request waits until an open socket was seen alive after the last poll, and
 * what was written once is never written again (Exchange stands guard).
 */
export class Connection implements ExchangeOwner {
  /** Of the request that it was opened for: others that it carries have the same. */
  readonly poolKey: string;
  readonly #home: ConnectionHome;
  readonly #client: Client;
  #exchange: Exchange | undefined;
  #dial: Dial | undefined;
  #socket: Socket | undefined;
  /** What the socket had read before the exchange. */
  #readBefore = 0;
  #closed = false;

  constructor(
    { target, allowance }: Pick<PostRequest, "target" | "allowance">,
    dialOptions: DialOptions,
    home: ConnectionHome,
  ) {
    this.poolKey = poolKey(target, allowance);
    this.#home = home;
    this.#client = new Client(target.origin, {
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      // One deadline covers everything; these two would cost a timer per request and bound no dripping peer.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: maxIdleMs,
      connect: (_options, callback) => {
        this.#dial = new Dial(target, allowance, dialOptions, (error, socket) => {
          this.#socket = socket ?? undefined;
          this.#readBefore = 0;
          if (socket) callback(null, socket);
          else callback(error ?? new Error("no connection"), null);
        });
        if (this.#exchange) this.#exchange.dial = this.#dial;
      },
    });
    this.#client.on("disconnect", () => {
      if (!this.#exchange) this.close();
    });
  }

  carry(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#dial = undefined;
    this.#readBefore = this.#socket?.bytesRead ?? 0;
    exchange.owner = this;
    const { headers, body, target } = exchange.request;
    // `blocking: false` saves a turn: nothing is pipelined behind it.
    this.#client.dispatch({ method: "POST", path: target.path, headers, body, blocking: false }, exchange);
  }

  ended(_exchange: Exchange, reusable: boolean): void {
    this.#exchange = undefined;
    if (reusable && !this.#closed) this.#home.free(this);
    else this.close();
  }

  /** Ends an exchange whose peer sends without end what nobody is told of. */
  endFlood(): void {
    const read = (this.#socket?.bytesRead ?? 0) - this.#readBefore;
    if (read > maxAnswerBytes) this.#exchange?.fail(new EgressFailure("CONNECT", "the receiver sent more than 2 MiB"));
  }

  /** Ends what it carries and closes. */
  stop(failure: EgressFailure): void {
    this.#exchange?.fail(failure);
    this.close();
  }

  /** Closes it at once; what it carries must have ended. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dial?.abort();
    this.#home.lost(this);
    // Not within undici's own call: it goes on with the client after its handlers return.
    queueMicrotask(() => void this.#client.destroy());
  }
}

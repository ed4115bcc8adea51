import { Connection, type ConnectionHome } from "./connection.ts";
import type { DialOptions } from "./dial.ts";
import { EgressFailure } from "./egress-failure.ts";
import type { Exchange } from "./exchange.ts";
import { poolKey } from "./target.ts";

interface Origin {
  /** Open or opening, idle ones included. */
  connections: number;
  /** The last one used is at the end and is used next, so that what is too many falls idle and closes. */
  idle: Connection[];
  /** Exchanges that wait for a connection, the oldest first. */
  waiting: Exchange[];
}

export interface ConnectionPoolOptions extends DialOptions {
  /** Connections to one origin at most. */
  perOrigin: number;
  /** Connections in all; beyond it the longest idle one is closed. Only what is in flight can exceed it. */
  total: number;
  /** Of the whole exchange, in ms. */
  deadlineMs: number;
}

/**
 * What waited for so much of its deadline is not sent any more: in the rest of it no receiver that was busy until then
 * answers, and it would have got a request that counts as unanswered.
 */
const waitedTooLong = 0.95;

/** A flood costs the process at most this long, in ms, of reading. */
const floodWatchMs = 250;

/**
 * Keep-alive connections by origin and allowance: a connection that one company's allowance opened is never lent to
 * another company, nor to the same one after the operator took the allowance back. An origin exists while it has a
 * connection; one costs about 40 KiB.
 */
export class ConnectionPool implements ConnectionHome {
  readonly #options: ConnectionPoolOptions;
  readonly #origins = new Map<string, Origin>();
  /** Of all origins, the longest idle first. */
  readonly #idle = new Set<Connection>();
  readonly #all = new Set<Connection>();
  readonly #floodWatch: NodeJS.Timeout;
  #closed = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#floodWatch = setInterval(() => {
      for (const connection of this.#all) connection.endFlood();
    }, floodWatchMs).unref();
  }

  get size(): { origins: number; connections: number; idle: number } {
    return { origins: this.#origins.size, connections: this.#all.size, idle: this.#idle.size };
  }

  /** Gives the exchange a connection, now or when one is free. */
  run(exchange: Exchange): void {
    if (this.#closed) return exchange.fail(new EgressFailure("INTERNAL", "this process is stopping"));
    const key = poolKey(exchange.request.target, exchange.request.allowance);
    let origin = this.#origins.get(key);
    if (!origin) this.#origins.set(key, (origin = { connections: 0, idle: [], waiting: [] }));
    const idle = origin.idle.pop();
    if (idle) {
      this.#idle.delete(idle);
      idle.carry(exchange);
    } else if (origin.connections < this.#options.perOrigin) this.#open(origin, exchange);
    else origin.waiting.push(exchange);
  }

  free(connection: Connection): void {
    const origin = this.#origins.get(connection.poolKey);
    const next = origin && this.#nextOf(origin);
    if (next) return connection.carry(next);
    origin?.idle.push(connection);
    this.#idle.add(connection);
  }

  lost(connection: Connection): void {
    this.#all.delete(connection);
    const origin = this.#origins.get(connection.poolKey);
    if (!origin) return;
    origin.connections--;
    if (this.#idle.delete(connection)) origin.idle.splice(origin.idle.indexOf(connection), 1);
    const next = this.#nextOf(origin);
    if (next) this.#open(origin, next);
    else if (origin.connections === 0) this.#origins.delete(connection.poolKey);
  }

  /** Closes every connection; what is in flight fails as INTERNAL. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#floodWatch);
    const stopping = new EgressFailure("INTERNAL", "this process stopped before the answer came");
    for (const origin of this.#origins.values())
      for (const exchange of origin.waiting.splice(0)) exchange.fail(stopping);
    for (const connection of this.#all) connection.stop(stopping);
  }

  #open(origin: Origin, exchange: Exchange): void {
    if (this.#all.size >= this.#options.total) {
      const [longestIdle] = this.#idle;
      longestIdle?.close();
    }
    const connection = new Connection(exchange.request, this.#options, this);
    origin.connections++;
    this.#all.add(connection);
    connection.carry(exchange);
  }

  /** The oldest one that still has time; those that have none end at once. */
  #nextOf(origin: Origin): Exchange | undefined {
    const { deadlineMs } = this.#options;
    const tooOld = performance.now() - waitedTooLong * deadlineMs;
    let next = origin.waiting.shift();
    while (next && (next.done || next.startedAt < tooOld)) {
      next.expire(deadlineMs);
      next = origin.waiting.shift();
    }
    return next;
  }
}

/** Where requests come from. */
export interface Connection {
  /** Its other end's address. */
  readonly peer: string;
  /** Ends it, and every request on it. */
  close(): void;
}

export interface BudgetedRequest {
  connection: Connection;
  /** How many bytes of it are held. */
  held(): number;
  /** Its time is over. */
  expire(): void;
}

/** What was closed, and for what it held. */
export interface Shed {
  peer: string;
  requests: number;
  bytes: number;
}

/** Bounds for all connections of a port together. */
export interface RequestLimits {
  withinMs: number;
  requests: number;
  bytes: number;
}

/** How often ages and bytes are looked at, in ms. */
const sweepMs = 250;

/**
 * What all requests of a port may hold together. Over the limits, the connection with the largest share is closed: who
 * holds little is not made to pay for who holds much.
 */
export class RequestBudget {
  readonly #limits: RequestLimits;
  readonly #onShed: (shed: Shed) => void;
  /** With the time each began; the oldest first. */
  readonly #open = new Map<BudgetedRequest, number>();
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Immediate | undefined;

  constructor(limits: RequestLimits, onShed: (shed: Shed) => void) {
    this.#limits = limits;
    this.#onShed = onShed;
    this.#timer = setInterval(() => this.#sweep(), sweepMs);
    this.#timer.unref();
  }

  begin(request: BudgetedRequest): void {
    this.#open.set(request, performance.now());
    // Not at once: whoever serves this connection is about to take the request, and must not find it gone.
    if (this.#open.size > this.#limits.requests) this.#soon ??= setImmediate(() => this.#shed());
  }

  end(request: BudgetedRequest): void {
    this.#open.delete(request);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
  }

  #sweep(): void {
    const latest = performance.now() - this.#limits.withinMs;
    for (const [request, began] of this.#open) {
      if (began > latest) break;
      this.#open.delete(request);
      request.expire();
    }
    this.#shed();
  }

  #shed(): void {
    this.#soon = undefined;
    while (this.#open.size > 0) {
      const shares = this.#shares();
      const bytes = [...shares.values()].reduce((sum, share) => sum + share.bytes, 0);
      if (this.#open.size <= this.#limits.requests && bytes <= this.#limits.bytes) return;
      const weight = (share: Shed) => share.requests / this.#limits.requests + share.bytes / this.#limits.bytes;
      const [connection, share] = [...shares].reduce((most, one) => (weight(one[1]) > weight(most[1]) ? one : most));
      for (const request of this.#open.keys()) if (request.connection === connection) this.#open.delete(request);
      this.#onShed(share);
      connection.close();
    }
  }

  #shares(): Map<Connection, Shed> {
    const shares = new Map<Connection, Shed>();
    for (const request of this.#open.keys()) {
      const { connection } = request;
      let share = shares.get(connection);
      if (share === undefined) {
        share = { peer: connection.peer, requests: 0, bytes: 0 };
        shares.set(connection, share);
      }
      share.requests += 1;
      share.bytes += request.held();
    }
    return shares;
  }
}

/** How a delivery process sees an endpoint's receiver, from its own recent attempts. */
export interface EndpointHealth {
  /** Requests under way. */
  inFlight: number;
  /** Of those, the ones older than a second. */
  slowInFlight: number;
  /** Something under way takes far longer than this receiver usually does. */
  stalled: boolean;
  /** Usual time of an answer in ms: a moving average over successes. */
  latencyMs: number;
  /** ms since the epoch; 0: none seen. */
  lastSuccessAt: number;
  /** Attempts in a row that got no answer in time. */
  hangs: number;
  /** Deliveries that wait in this process for a free place at a fast endpoint. */
  waiting: (() => void)[];
}

/** A success this recent makes an endpoint trusted with the main budget. */
const recentMs = 60_000;
/** So many hangs in a row open the circuit: every delivery takes the slow lane until one succeeds. */
const circuitHangs = 3;

/** Deliveries wait in the process for a place at a fast endpoint, but no longer than this, in ms. */
const maxWaitMs = 250;
/** An answer this late, and this many times later than usual, looks like a stall. */
const stallMs = 100;
const stallFactor = 8;

/** Answered not long ago, and nothing suggests that it stopped doing so. */
export function isFast(health: EndpointHealth, now: number): boolean {
  return !health.stalled && health.slowInFlight === 0 && health.hangs === 0 && now - health.lastSuccessAt < recentMs;
}

/** Whether one more delivery would get its turn at a fast endpoint soon. */
export function mayWait(health: EndpointHealth, maxInFlight: number): boolean {
  return ((health.waiting.length + 1) * health.latencyMs) / maxInFlight < maxWaitMs;
}

/** Whether an attempt under way for `ageMs` is far beyond the receiver's usual time. */
export function looksStalled(health: EndpointHealth, ageMs: number): boolean {
  return ageMs > Math.max(stallMs, stallFactor * health.latencyMs);
}

/** Notes an answer that came after `tookMs`. */
export function noteSuccess(health: EndpointHealth, tookMs: number, now: number): void {
  health.latencyMs = health.lastSuccessAt === 0 ? tookMs : health.latencyMs * 0.9 + tookMs * 0.1;
  health.lastSuccessAt = now;
  health.hangs = 0;
  health.stalled = false;
}

export function isCircuitOpen(health: EndpointHealth): boolean {
  return health.hangs >= circuitHangs;
}

/** The health of the endpoints that have something under way or were heard of lately. */
export class EndpointHealths {
  readonly #byId = new Map<string, EndpointHealth>();
  readonly #maxIdle: number;

  constructor(maxIdle = 20_000) {
    this.#maxIdle = maxIdle;
  }

  of(endpointId: string): EndpointHealth {
    let health = this.#byId.get(endpointId);
    if (!health) {
      if (this.#byId.size >= this.#maxIdle) this.#forgetIdle();
      health = {
        inFlight: 0,
        slowInFlight: 0,
        stalled: false,
        latencyMs: 0,
        lastSuccessAt: 0,
        hangs: 0,
        waiting: [],
      };
      this.#byId.set(endpointId, health);
    }
    return health;
  }

  all(): Iterable<EndpointHealth> {
    return this.#byId.values();
  }

  /** Endpoints whose circuit is open; for metrics. */
  openCircuits(): number {
    let open = 0;
    for (const health of this.#byId.values()) if (isCircuitOpen(health)) open++;
    return open;
  }

  #forgetIdle(): void {
    for (const [id, health] of this.#byId) {
      if (health.inFlight === 0 && health.waiting.length === 0 && health.hangs === 0) this.#byId.delete(id);
    }
  }
}

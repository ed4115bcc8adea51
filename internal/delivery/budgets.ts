import {
  type EndpointHealth,
  EndpointHealths,
  isCircuitOpen,
  isFast,
  looksStalled,
  mayWait,
  noteSuccess,
} from "./endpoint-health.ts";

export interface BudgetOptions {
  /** Deliveries a process works on at once before they turn slow. */
  main: number;
  /** Attempts older than a second that no longer hold a main place. */
  slow: number;
  /** Attempts from the slow lane. */
  lane: number;
}

/** What to do with a delivery that came from the main road. */
export type Admission = "send" | "wait" | "lane";

/** An attempt's place; which budget it counts against changes when it turns slow. */
export interface Place {
  budget: "main" | "slow" | "lane";
  endpointId: string;
  /** Whether the endpoint was trusted when the attempt started. */
  proven: boolean;
  startedAt: number;
  /** Whether its request is over, or never was. */
  answered: boolean;
}

/** The age at which an attempt leaves the main budget, in ms. Healthy receivers answer well within it. */
const slowAfterMs = 1000;

/**
 * Who may send now. Three budgets keep one hanging endpoint, or a thousand, from taking the places of the
 * healthy: an endpoint has a cap of its own, endpoints that are not proven share a quarter of the main budget,
 * and an attempt that turns slow moves to the slow budget. What does not fit takes the slow lane.
 */
export class Budgets {
  readonly #options: BudgetOptions;
  readonly #healths = new EndpointHealths();
  /** Attempts that have not turned slow. */
  readonly #young = new Set<Place>();
  readonly #free: (() => void)[] = [];
  #main = 0;
  #unproven = 0;
  #slow = 0;
  #lane = 0;
  #opened = false;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  get inFlight(): { main: number; slow: number; lane: number } {
    return { main: this.#main, slow: this.#slow, lane: this.#lane };
  }

  get limits(): BudgetOptions {
    return this.#options;
  }

  get openCircuits(): number {
    return this.#healths.openCircuits();
  }

  /** Resolves when the main budget has room. It does not take a place: `takeMain` does, in the same turn. */
  async mainFree(): Promise<void> {
    while (this.#main >= this.#options.main && !this.#opened) {
      await new Promise<void>((resolve) => this.#free.push(resolve));
    }
  }

  /** Takes a main place for a message that has arrived, before anything is known about it. */
  takeMain(): void {
    this.#main++;
  }

  /** Gives back a main place that never became an attempt. */
  releaseMain(): void {
    this.#main--;
    this.#free.shift()?.();
  }

  admit(endpointId: string, maxInFlight: number, now: number): Admission {
    const health = this.#healths.of(endpointId);
    const quarter = this.#options.main / 4;
    if (isFast(health, now)) {
      if (health.inFlight < maxInFlight) return "send";
      return mayWait(health, maxInFlight) ? "wait" : "lane";
    }
    const room = health.inFlight < maxInFlight && this.#unproven < quarter && this.#slow < this.#options.slow;
    return room && !isCircuitOpen(health) ? "send" : "lane";
  }

  /** Resolves when the endpoint has a place or stopped being fast: ask `admit` again. */
  place(endpointId: string): Promise<void> {
    return new Promise((resolve) => this.#healths.of(endpointId).waiting.push(resolve));
  }

  /** How many messages of this endpoint its lane may start now. */
  laneCapacity(endpointId: string, maxInFlight: number): number {
    return Math.min(maxInFlight - this.#healths.of(endpointId).inFlight, this.#options.lane - this.#lane);
  }

  /** An attempt starts; a main one holds the place of `takeMain`. */
  start(endpointId: string, budget: "main" | "lane", now: number): Place {
    const health = this.#healths.of(endpointId);
    const place: Place = { budget, endpointId, proven: isFast(health, now), startedAt: now, answered: false };
    health.inFlight++;
    if (budget === "lane") this.#lane++;
    else if (!place.proven) this.#unproven++;
    this.#young.add(place);
    return place;
  }

  /** The request has ended: what it says about the endpoint, and its endpoint's place is free. */
  answered(place: Place, succeeded: boolean, hung: boolean, now: number): void {
    const health = this.#healths.of(place.endpointId);
    place.answered = true;
    health.inFlight--;
    if (!this.#young.delete(place)) health.slowInFlight--;
    if (succeeded) noteSuccess(health, now - place.startedAt, now);
    else if (hung) health.hangs++;
    this.#wake(health, isFast(health, now) ? 1 : health.waiting.length);
  }

  /** The attempt is recorded, or there was none: its place in the budget is free. */
  settled(place: Place): void {
    if (!place.answered) this.answered(place, false, false, Date.now());
    if (place.budget === "lane") this.#lane--;
    else if (place.budget === "slow") this.#slow--;
    else {
      if (!place.proven) this.#unproven--;
      this.releaseMain();
    }
  }

  /** Moves what has turned slow out of the main budget, as far as the slow one has room. Call it often. */
  ageOut(now: number): Place[] {
    const aged: Place[] = [];
    for (const place of this.#young) {
      const age = now - place.startedAt;
      const health = this.#healths.of(place.endpointId);
      if (!health.stalled && looksStalled(health, age)) {
        health.stalled = true;
        this.#wake(health, health.waiting.length);
      }
      if (age < slowAfterMs) continue;
      this.#young.delete(place);
      aged.push(place);
      health.slowInFlight++;
      if (place.budget === "main" && this.#slow < this.#options.slow) {
        place.budget = "slow";
        this.#slow++;
        if (!place.proven) this.#unproven--;
        this.releaseMain();
      }
    }
    return aged;
  }

  /** For a process that stops: nothing waits for a place any more, so that it can be given back. */
  open(): void {
    this.#opened = true;
    for (const health of this.#healths.all()) this.#wake(health, health.waiting.length);
    for (const free of this.#free.splice(0)) free();
  }

  #wake(health: EndpointHealth, count: number): void {
    for (const wake of health.waiting.splice(0, Math.min(count, health.waiting.length))) wake();
  }
}

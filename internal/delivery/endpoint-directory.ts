import { LRUCache } from "lru-cache";
import type { DeliveryEndpoint, EndpointReader } from "./ports.ts";

interface Entry {
  endpoint: DeliveryEndpoint | undefined;
  readAt: number;
}

/** With change notices arriving, a copy may be this old (ms); they make it newer when it matters. */
const liveAgeMs = 30_000;
/** Without them: well under the 2 s in which a disable must have reached every process. */
const pollAgeMs = 1000;

/**
 * Endpoints as this process knows them. Notices of change drop an entry at once; while notices cannot be
 * received, entries are read again every second; and no entry outlives one of its keys.
 */
export class EndpointDirectory {
  readonly #reader: Pick<EndpointReader, "readForDelivery">;
  readonly #entries = new LRUCache<string, Entry>({ max: 20_000 });
  readonly #reading = new Map<string, Promise<Entry>>();
  #maxAge = pollAgeMs;

  constructor(reader: Pick<EndpointReader, "readForDelivery">) {
    this.#reader = reader;
  }

  /** Whether change notices arrive. Everything is read again when that begins or ends. */
  setLive(live: boolean): void {
    this.#maxAge = live ? liveAgeMs : pollAgeMs;
    this.#entries.clear();
    this.#reading.clear();
  }

  forget(endpointId: string): void {
    this.#entries.delete(endpointId);
    // A read under way may have seen the state before the change: its answer is for those who wait, not to keep.
    this.#reading.delete(endpointId);
  }

  /** The same for all of a company's endpoints: its plan has changed. */
  forgetCompany(companyId: string): void {
    for (const [id, { endpoint }] of this.#entries.entries()) {
      if (endpoint?.companyId === companyId) this.#entries.delete(id);
    }
    this.#reading.clear();
  }

  /** The endpoint when it is known and fresh: the hot path's answer without a promise. */
  peek(endpointId: string): DeliveryEndpoint | undefined {
    const entry = this.#entries.get(endpointId);
    return entry && this.#isFresh(entry) ? entry.endpoint : undefined;
  }

  /** Undefined when it is deleted. Rejects when the record cannot be read. */
  async get(endpointId: string): Promise<DeliveryEndpoint | undefined> {
    const entry = this.#entries.get(endpointId);
    if (entry && this.#isFresh(entry)) return entry.endpoint;
    let reading = this.#reading.get(endpointId);
    if (!reading) {
      reading = this.#read(endpointId);
      this.#reading.set(endpointId, reading);
      const mine = reading;
      const done = (read?: Entry) => {
        if (this.#reading.get(endpointId) !== mine) return;
        this.#reading.delete(endpointId);
        if (read) this.#entries.set(endpointId, read);
      };
      reading.then(done, () => done());
    }
    return (await reading).endpoint;
  }

  #isFresh({ endpoint, readAt }: Entry): boolean {
    const now = Date.now();
    return now - readAt < this.#maxAge && now < (endpoint?.validUntil ?? Number.POSITIVE_INFINITY);
  }

  async #read(endpointId: string): Promise<Entry> {
    const readAt = Date.now();
    return { endpoint: await this.#reader.readForDelivery(endpointId), readAt };
  }
}

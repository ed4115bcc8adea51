import { createHmac, timingSafeEqual } from "node:crypto";
import type { Page, PageRequest } from "./caller.ts";
import { invalidArgument } from "./errors.ts";
import { type Uuid, uuidAt } from "./ids.ts";

/** Newest first, continued below an id: what every list reads of the record. */
export interface Slice {
  /** Only ids smaller than this one; undefined: from the newest on. */
  before: Uuid | undefined;
  limit: number;
}

/** A slice of what was made in a range of time. */
export interface ScanRange extends Slice {
  /** Only ids from this one on; undefined: down to the oldest. */
  from: Uuid | undefined;
}

/** What one look into a range found. */
export interface Scan<T> {
  items: T[];
  /** The look ended here, with more of the range below; undefined: everything in the range was looked at. */
  scannedTo: Uuid | undefined;
}

/** A page of what was made at or after one time and before another. */
export interface TimedPageRequest extends PageRequest {
  createdAfter: Date | undefined;
  createdBefore: Date | undefined;
}

/** Looks into the record for one page at most; with rare finds the page may then be short, and its token goes on. */
const maxScans = 5;

const defaultSize = 50;
const maxSize = 100;

/** A token may be used this long, in seconds: a day, so that nobody builds on one for good. */
const lifetime = 24 * 60 * 60;
/** Version (1 byte), expiry in seconds (6), the id to go on below (16), the start of an HMAC-SHA256 (16). */
const version = 1;
const payloadBytes = 23;
const macBytes = 16;

/** Cuts lists into pages. A token belongs to one list and its filters, and nobody can make one. */
export class Paging {
  readonly #key: Buffer;
  readonly #now: () => number;

  /** Every process needs the same secret, else a token only works where it was made. */
  constructor(secret: string, now: () => number = Date.now) {
    this.#key = createHmac("sha256", secret).update("sealpost page token").digest();
    this.#now = now;
  }

  /** How many items the page has, 1 to 100. @throws DomainError INVALID_ARGUMENT */
  size(request: PageRequest): number {
    const { pageSize } = request;
    if (!Number.isInteger(pageSize) || pageSize < 0 || pageSize > maxSize) {
      throw invalidArgument({ field: "page_size", description: `must be 1 to ${maxSize}, or 0 for ${defaultSize}` });
    }
    return pageSize || defaultSize;
  }

  /**
   * Where the page begins: below this id; undefined: at the newest. `query` is what the token was made for.
   * @throws DomainError INVALID_ARGUMENT when the token is damaged, expired or of another query.
   */
  position(request: PageRequest, query: readonly string[]): Uuid | undefined {
    if (request.pageToken === "") return undefined;
    const token = Buffer.from(request.pageToken, "base64url");
    const payload = token.subarray(0, payloadBytes);
    const genuine =
      token.length === payloadBytes + macBytes &&
      token[0] === version &&
      token.toString("base64url") === request.pageToken &&
      timingSafeEqual(token.subarray(payloadBytes), this.#mac(payload, query));
    if (!genuine) throw startOver("is not one that this list gave out with these filters");
    if (payload.readUIntBE(1, 6) * 1000 < this.#now()) throw startOver("is older than 24 hours");
    const hex = payload.toString("hex", 7);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** The token that goes on below `id`. */
  token(id: Uuid, query: readonly string[]): string {
    const payload = Buffer.alloc(payloadBytes);
    payload.writeUInt8(version, 0);
    payload.writeUIntBE(Math.floor(this.#now() / 1000) + lifetime, 1, 6);
    payload.write(id.replaceAll("-", ""), 7, "hex");
    return Buffer.concat([payload, this.#mac(payload, query)]).toString("base64url");
  }

  /** One page of a list that `read` reads newest first. */
  async page<T extends { id: Uuid }>(
    request: PageRequest,
    query: readonly string[],
    read: (slice: Slice) => Promise<T[]>,
  ): Promise<Page<T>> {
    const size = this.size(request);
    // One more than asked for tells whether there is a next page.
    const found = await read({ before: this.position(request, query), limit: size + 1 });
    const items = found.slice(0, size);
    const last = items.at(-1);
    return { items, nextPageToken: last && found.length > size ? this.token(last.id, query) : "" };
  }

  /** One page of what `look` finds, newest first, where finding may take several looks at a bounded number of rows. */
  async scan<T extends { id: Uuid }>(
    request: TimedPageRequest,
    filters: readonly string[],
    look: (range: ScanRange) => Promise<Scan<T>>,
  ): Promise<Page<T>> {
    const { createdAfter, createdBefore } = request;
    const query = [...filters, time(createdAfter), time(createdBefore)];
    const size = this.size(request);
    let before = smaller(this.position(request, query), bound(createdBefore));
    const found: T[] = [];
    let scanned: Scan<T>;
    let scans = 0;
    do {
      // One more than asked for tells whether there is a next page.
      scanned = await look({ before, from: bound(createdAfter), limit: size + 1 - found.length });
      found.push(...scanned.items);
      before = scanned.scannedTo;
    } while (scanned.scannedTo !== undefined && found.length <= size && ++scans < maxScans);
    const items = found.slice(0, size);
    const goOn = found.length > size ? items.at(-1)?.id : scanned.scannedTo;
    return { items, nextPageToken: goOn === undefined ? "" : this.token(goOn, query) };
  }

  #mac(payload: Buffer, query: readonly string[]): Buffer {
    const mac = createHmac("sha256", this.#key).update(payload).update(JSON.stringify(query)).digest();
    return mac.subarray(0, macBytes);
  }
}

function startOver(what: string) {
  return invalidArgument({ field: "page_token", description: `${what}: start over with an empty page_token` });
}

function time(date: Date | undefined): string {
  return date?.toISOString() ?? "";
}

/** An id carries the time at which it was made, so a time is a bound of ids. */
function bound(date: Date | undefined): Uuid | undefined {
  return date && uuidAt(date.getTime());
}

function smaller(one: Uuid | undefined, two: Uuid | undefined): Uuid | undefined {
  return one === undefined || (two !== undefined && two < one) ? two : one;
}

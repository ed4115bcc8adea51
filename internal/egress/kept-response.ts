import type { ResponseHead } from "../domain/entities.ts";

/** Of an answer's body this much is kept for the record (DESIGN: the kept response head). */
export const keptBodyBytes = 64 * 1024;
/** And this much more is read and dropped, so that the connection can be used again; then it is closed. */
export const drainedBodyBytes = 64 * 1024;
const keptHeaders = 100;
const keptHeaderBytes = 16 * 1024;
const emptyBody = Buffer.alloc(0);

/** Collects what is kept of one answer. */
export class KeptResponse {
  readonly #headers: Record<string, string>;
  #truncated = false;
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #read = 0;

  constructor(headers: Record<string, string | string[] | undefined>) {
    this.#headers = this.#boundHeaders(headers);
  }

  /** False when more has come than is worth reading. */
  add(chunk: Buffer): boolean {
    const room = keptBodyBytes - this.#kept;
    // A copy: the chunk is a window of the socket's 64 KiB buffer.
    if (room > 0) this.#chunks.push(Buffer.from(chunk.subarray(0, room)));
    this.#kept += Math.min(room, chunk.length);
    this.#read += chunk.length;
    if (this.#read > this.#kept) this.#truncated = true;
    return this.#read <= keptBodyBytes + drainedBodyBytes;
  }

  /** The answer broke off: what is kept is not all of it. */
  cutOff(): void {
    this.#truncated = true;
  }

  header(name: string): string | undefined {
    return this.#headers[name];
  }

  head(): ResponseHead {
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : (first ?? emptyBody);
    return { headers: this.#headers, body, truncated: this.#truncated };
  }

  #boundHeaders(all: Record<string, string | string[] | undefined>): Record<string, string> {
    const kept: Record<string, string> = Object.create(null);
    let count = 0;
    let bytes = 0;
    for (const name in all) {
      const value = all[name];
      const text = Array.isArray(value) ? value.join(", ") : (value ?? "");
      bytes += name.length + text.length;
      if (++count > keptHeaders || bytes > keptHeaderBytes) {
        this.#truncated = true;
        break;
      }
      kept[name] = text;
    }
    return kept;
  }
}

import { Resolver } from "node:dns/promises";
import { isUnder, plainName } from "../network/private-names.ts";
import { EgressFailure, errorCode } from "./egress-failure.ts";

interface Answer {
  /** IPv4 first: a network without IPv6 then needs no failed connection. */
  addresses: string[];
  /** How long it may be used, in ms. */
  holdMs: number;
}

/** RFC 6761 §6.3: localhost is the machine itself, whatever a name server says. Production refuses it before. */
const thisMachine = ["127.0.0.1", "::1"];

/** Two tries of 1.5 s: a silent name server is noticed while the attempt's 10 s last. */
const tryMs = 1500;
const tries = 2;
/** Answers are used at most this long, whatever their TTL: a receiver that moves is followed soon. */
const maxHoldMs = 30_000;
const maxHeld = 4096;

/**
 * Asks name servers for names as they are, without hosts file and search list, so that no name means something else
 * inside a cluster. Connections opened at the same time share one look-up.
 */
export class NameResolver {
  readonly #resolver: Resolver;
  readonly #held = new Map<string, { answer: Promise<string[]>; until: number }>();

  /** @param servers `address` or `address:port` of name servers; the system's when empty. */
  constructor(servers: readonly string[] = []) {
    this.#resolver = new Resolver({ timeout: tryMs, tries, maxTimeout: tryMs });
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /**
   * The addresses of a name, at least one.
   * @throws {EgressFailure} DNS, with what the name server said.
   */
  resolve(host: string): Promise<string[]> {
    if (isUnder(plainName(host), "localhost")) return Promise.resolve(thisMachine);
    const held = this.#held.get(host);
    if (held && performance.now() < held.until) return held.answer;
    if (this.#held.size >= maxHeld) this.#held.clear();
    const entry = {
      answer: this.#ask(host, (ms) => (entry.until = performance.now() + ms)),
      until: Number.POSITIVE_INFINITY,
    };
    this.#held.set(host, entry);
    entry.answer.catch(() => this.#held.delete(host));
    return entry.answer;
  }

  async #ask(host: string, hold: (ms: number) => void): Promise<string[]> {
    const { addresses, holdMs } = await this.#askServers(host);
    hold(Math.min(holdMs, maxHoldMs));
    return addresses;
  }

  async #askServers(host: string): Promise<Answer> {
    const asked = [this.#resolver.resolve4(host, { ttl: true }), this.#resolver.resolve6(host, { ttl: true })];
    const [v4, v6] = await Promise.allSettled(asked);
    const records = [v4, v6].flatMap((result) => (result?.status === "fulfilled" ? result.value : []));
    if (records.length > 0) {
      const ttl = Math.min(...records.map((record) => record.ttl));
      return { addresses: records.map((record) => record.address), holdMs: ttl * 1000 };
    }
    const reasons = [v4, v6].flatMap((result) => (result?.status === "rejected" ? [result.reason] : []));
    // "No record of this kind" says less than what the other question met.
    throw failure(host, reasons.find((reason) => errorCode(reason) !== "ENODATA") ?? reasons[0]);
  }
}

function failure(host: string, error: unknown): EgressFailure {
  const said: Record<string, string> = {
    ENOTFOUND: "no such name",
    ENODATA: "the name has no address",
    ETIMEOUT: "the name server does not answer",
    ESERVFAIL: "the name server reports a failure",
    EREFUSED: "the name server refuses to answer",
    ECONNREFUSED: "the name server cannot be reached",
    EBADNAME: "not a valid name",
  };
  const code = errorCode(error);
  return new EgressFailure("DNS", `cannot resolve ${host}: ${said[code] ?? (code || "look-up failed")}`, error);
}

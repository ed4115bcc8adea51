import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type JetStreamManager,
  type NatsConnection,
  type TlsOptions,
} from "nats";

export interface ConnectionSettings {
  /** Addresses of one cluster's servers; the first may carry `user:password@` or `token@`. */
  servers: readonly string[];
  /** Shown in the server's list of connections. */
  name?: string;
  /** A .creds file (JWT and nkey seed). */
  credentialsFile?: string;
  tls?: TlsOptions;
}

/** Waits between attempts to connect, ms: from the first to the longest, doubling, each with jitter. */
const firstPause = 50;
const longestPause = 2000;
/** Control requests are answered in milliseconds; a cluster without a leader elects one within this time. */
const requestTimeoutMs = 3000;
/** A peer that vanished without a word is noticed after two unanswered pings. */
const pingIntervalMs = 5000;

/**
 * A connection to one NATS cluster that never gives up. What the client library calls a connection is one
 * session here: it ends with the socket, and the next one starts with nothing left over from it, so there is
 * one way to begin (up) and one way to end (down), the first time as after any outage.
 */
export class Connection {
  readonly servers: string;
  readonly #options: ConnectionOptions;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #up = new Set<(session: NatsConnection) => void>();
  readonly #down = new Set<() => void>();
  readonly #running: Promise<void>;
  #session: NatsConnection | undefined;
  #manager: Promise<JetStreamManager> | undefined;
  #downSince = Date.now();
  #closed = false;
  /** Wakes whoever waits for a session, or for the next attempt to get one. */
  readonly #waiting = new Set<() => void>();

  constructor(settings: ConnectionSettings, onError: (message: string, error: unknown) => void) {
    this.#options = clientOptions(settings);
    this.servers = (this.#options.servers as string[]).join(",");
    this.#onError = onError;
    this.#running = this.#run();
  }

  /** The session, while there is one that can send. */
  get session(): NatsConnection | undefined {
    return this.#session?.isClosed() ? undefined : this.#session;
  }

  /** Calls for every session, the one that stands included. Answers how to stop that. */
  onUp(listener: (session: NatsConnection) => void): () => void {
    this.#up.add(listener);
    const session = this.session;
    if (session) listener(session);
    return () => this.#up.delete(listener);
  }

  /** Calls when a session has ended. Answers how to stop that. */
  onDown(listener: () => void): () => void {
    this.#down.add(listener);
    return () => this.#down.delete(listener);
  }

  /** @throws Error while there is no session. */
  async manager(): Promise<JetStreamManager> {
    const session = this.session;
    if (!session) throw new Error(`NATS at ${this.servers} cannot be reached`);
    this.#manager ??= session.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
    return this.#manager;
  }

  /**
   * Whether there is a session. A short outage is waited out, until `deadline` (ms since the epoch); one that
   * has lasted longer than `patienceMs` is answered at once.
   */
  async ready(deadline: number, patienceMs: number): Promise<boolean> {
    while (!this.session) {
      const now = Date.now();
      if (this.#closed || now >= deadline || now - this.#downSince >= patienceMs) return false;
      await this.#wait(Math.min(deadline, this.#downSince + patienceMs) - now);
    }
    return Date.now() < deadline;
  }

  /** Sends what is still in the buffer and ends the session. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of [...this.#waiting]) wake();
    const session = this.#session;
    if (session) {
      const flushed = session.flush().catch(() => {});
      await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      await session.close();
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#closed; ) {
      try {
        const session = await connect(this.#options);
        failures = 0;
        await this.#live(session);
      } catch (error) {
        failures++;
        if (failures === 1) this.#onError(`NATS at ${this.servers} cannot be reached; trying until it can`, error);
      }
      if (!this.#closed) await this.#pause(failures);
    }
  }

  async #live(session: NatsConnection): Promise<void> {
    if (this.#closed) return session.close();
    this.#session = session;
    this.#downSince = Number.POSITIVE_INFINITY;
    for (const wake of [...this.#waiting]) wake();
    for (const listener of [...this.#up]) listener(session);
    await session.closed();
    this.#session = undefined;
    this.#manager = undefined;
    this.#downSince = Date.now();
    for (const listener of [...this.#down]) listener();
  }

  #pause(failures: number): Promise<void> {
    const longest = Math.min(longestPause, firstPause * 2 ** Math.min(failures, 10));
    return this.#wait(longest * (0.5 + Math.random() / 2));
  }

  /** Until the time is over, a session stands, or the connection is closed. */
  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiting.add(wake);
    });
  }
}

/** @throws Error when an address or the credentials file cannot be read. */
function clientOptions(settings: ConnectionSettings): ConnectionOptions {
  const urls = settings.servers.map(parseServer);
  const [first] = urls;
  if (!first) throw new Error("a region has no NATS address: write nats://host:4222");
  const tls = settings.tls ?? (urls.some((url) => url.protocol === "tls:") ? {} : undefined);
  const user = decodeURIComponent(first.username);
  return {
    servers: urls.map((url) => url.host),
    name: settings.name ?? "sealpost",
    ...(user && (first.password ? { user, pass: decodeURIComponent(first.password) } : { token: user })),
    ...(settings.credentialsFile && { authenticator: credsAuthenticator(readFileSync(settings.credentialsFile)) }),
    ...(tls && { tls }),
    // Our own loop connects again: see the class.
    reconnect: false,
    timeout: requestTimeoutMs,
    pingInterval: pingIntervalMs,
    maxPingOut: 2,
    // The library would build an Error with a stack for every request: ~48 µs.
    noAsyncTraces: true,
  };
}

function parseServer(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `nats://${text}`);
  if (!url?.hostname || (url.protocol !== "nats:" && url.protocol !== "tls:")) {
    // Not the text itself: it may carry a password.
    throw new Error("a NATS address cannot be read: write nats://host:4222 or tls://host:4222");
  }
  return url;
}

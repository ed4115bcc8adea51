import { setTimeout as sleep } from "node:timers/promises";
import type { Uuid } from "../../domain/ids.ts";
import { dedicatedClient } from "../connection.ts";
import { type ChangeKind, changesChannel } from "./announce.ts";

/** How often the connection is asked whether it still stands, ms: a silent one would hide changes. */
const heartbeatMs = 1_000;
const shortestWaitMs = 100;
const longestWaitMs = 2_000;

export interface ChangeHandlers {
  onChange(kind: ChangeKind, id: Uuid): void;
  /** Whether notices arrive from now on. What was kept before may be stale either way. */
  onLive(live: boolean): void;
}

/** Hears of changes that other processes made, for as long as it runs; reconnects endlessly. */
export class ChangeListener {
  readonly #url: string;
  readonly #handlers: ChangeHandlers;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(url: string, handlers: ChangeHandlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let waitMs = shortestWaitMs;
    while (!this.#stop.signal.aborted) {
      const heard = await this.#listen().catch(() => false);
      waitMs = heard ? shortestWaitMs : Math.min(waitMs * 2, longestWaitMs);
      await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** Listens until the connection breaks or `stop`; true when it did listen. */
  async #listen(): Promise<boolean> {
    const client = dedicatedClient(this.#url, "sealpost changes", { query_timeout: heartbeatMs });
    const broken = new AbortController();
    const ended = AbortSignal.any([broken.signal, this.#stop.signal]);
    client.on("error", () => broken.abort());
    client.on("end", () => broken.abort());
    client.on("notification", ({ payload = "" }) => {
      const [kind, id] = payload.split(":");
      if (kind && id) this.#handlers.onChange(kind as ChangeKind, id);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${changesChannel}`);
      this.#handlers.onLive(true);
      while (!ended.aborted) {
        await sleep(heartbeatMs, undefined, { signal: ended }).catch(() => {});
        if (!ended.aborted) await client.query("SELECT").catch(() => broken.abort());
      }
      this.#handlers.onLive(false);
      return true;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

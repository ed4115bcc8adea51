import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { isNotFound } from "./api-error.ts";
import type { KubeClient } from "./client.ts";
import { microTime } from "./micro-time.ts";
import type { KubeObject } from "./object.ts";
import { ResourceClient } from "./resource-client.ts";
import { apiVersionOf, type ResourceType } from "./resource-type.ts";

/** What happened to an object, for whoever reads `kubectl describe`. */
export interface Occurrence {
  type: "Normal" | "Warning";
  /** Why, in one CamelCase word that a program can match. */
  reason: string;
  /** What was done or tried, in one CamelCase word. */
  action: string;
  /** For a person. */
  note: string;
}

/** An Event of events.k8s.io/v1, as far as it is written here. */
interface KubeEvent extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  type: string;
  reason: string;
  action: string;
  note: string;
  regarding: object;
  series?: { count: number; lastObservedTime: string };
}

export const kubeEvents: ResourceType<KubeEvent> = {
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};

export interface EventRecorderOptions {
  client: KubeClient;
  /** The controller, as a qualified name: `sealpost.dev/controller`. */
  controller: string;
  /** The process. */
  instance: string;
  onError: (message: string, error: unknown) => void;
  /** How long after one the same again counts as its series, in ms. [6 min, as client-go] */
  seriesMs?: number;
  /** How often the count of a series is written at most, in ms. [10 s] */
  countMs?: number;
}

/** An event that was written, and how often it has happened since. */
interface Series {
  event: KubeEvent;
  count: number;
  /** When the count is written next, something is to be written already. */
  waiting: boolean;
}

/** What the API server takes (validation of events.k8s.io/v1): bytes of a note, characters of the other fields. */
const longestNote = 1024;
const longestWord = 128;
/** Of an object's name, in the event's: 253 with a dot and a suffix. */
const longestName = 230;
const rememberedSeries = 4096;
/** Beyond this, some 10 MB, events are dropped: they explain, and are no part of the work. */
const mostWaiting = 10_000;
/** Requests at a time. */
const senders = 2;
const defaultSeriesMs = 360_000;
const defaultCountMs = 10_000;

/**
 * Writes events about objects, in the order in which they happen, without ever holding up or failing the work. The
 * same again within minutes is one event with a count. It is for what changes: who calls it for every look floods.
 */
export class EventRecorder {
  readonly #options: Required<EventRecorderOptions>;
  readonly #events: ResourceClient<KubeEvent>;
  readonly #series: LRUCache<string, Series>;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #counts = new Set<() => void>();
  #sending: Promise<void>[] = [];
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = { seriesMs: defaultSeriesMs, countMs: defaultCountMs, ...options };
    this.#events = new ResourceClient(options.client, kubeEvents);
    const { seriesMs } = this.#options;
    this.#series = new LRUCache({ max: rememberedSeries, ttl: seriesMs, updateAgeOnGet: true });
  }

  /** Never throws, and returns at once. */
  record<T extends KubeObject>(type: ResourceType<T>, object: T, occurrence: Occurrence): void {
    const key = JSON.stringify([object.metadata.uid, type.plural, occurrence]);
    const series = this.#series.get(key);
    if (!series) {
      const event = this.#event(type, object, occurrence);
      this.#series.set(key, { event, count: 1, waiting: false });
      this.#send(async () => void (await this.#events.create(event)));
      return;
    }
    series.count++;
    if (series.waiting) return;
    series.waiting = true;
    // The second is written at once: from then on it is a series.
    if (series.count === 2) return this.#send(() => this.#writeCount(series));
    const write = () => {
      clearTimeout(timer);
      this.#counts.delete(write);
      this.#send(() => this.#writeCount(series));
    };
    const timer = setTimeout(write, this.#options.countMs);
    timer.unref();
    this.#counts.add(write);
  }

  /** Writes what is still to be written; resolves when it is, or when `withinMs` is over. */
  async drain(withinMs: number): Promise<void> {
    for (const write of [...this.#counts]) write();
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([this.#drained(), timeout]);
  }

  async #drained(): Promise<void> {
    while (this.#sending.length > 0) await Promise.all(this.#sending);
  }

  async #writeCount(series: Series): Promise<void> {
    series.waiting = false;
    const { event, count } = series;
    const written = { ...event, series: { count, lastObservedTime: microTime(Date.now()) } };
    try {
      await this.#events.patch(event.metadata, { series: written.series });
    } catch (error) {
      // The API server keeps events for an hour.
      if (!isNotFound(error)) throw error;
      await this.#events.create(written);
    }
  }

  #send(write: () => Promise<void>): void {
    if (this.#waiting.length >= mostWaiting) {
      if (this.#dropped++ % mostWaiting === 0)
        this.#options.onError("events are dropped", new Error(`more than ${mostWaiting} wait to be written`));
      return;
    }
    this.#waiting.push(write);
    if (this.#sending.length >= senders) return;
    const sending = this.#sendAll().finally(() => {
      this.#sending = this.#sending.filter((other) => other !== sending);
    });
    this.#sending.push(sending);
  }

  async #sendAll(): Promise<void> {
    for (let write = this.#waiting.shift(); write; write = this.#waiting.shift()) {
      await write().catch((error: unknown) => this.#options.onError("an event could not be written", error));
    }
  }

  #event<T extends KubeObject>(type: ResourceType<T>, { metadata }: T, occurrence: Occurrence): KubeEvent {
    const { name, namespace = "default", uid, resourceVersion } = metadata;
    const { controller, instance } = this.#options;
    const regarding = {
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      name,
      namespace: metadata.namespace,
      uid,
      resourceVersion,
    };
    return {
      metadata: { namespace, name: `${name.slice(0, longestName)}.${randomBytes(8).toString("hex")}` },
      eventTime: microTime(Date.now()),
      reportingController: controller,
      reportingInstance: instance.slice(0, longestWord),
      regarding,
      type: occurrence.type,
      reason: occurrence.reason.slice(0, longestWord),
      action: occurrence.action.slice(0, longestWord),
      note: clipped(occurrence.note),
    };
  }
}

/** As much of a text as a note takes, cut between characters. */
function clipped(text: string): string {
  if (Buffer.byteLength(text) <= longestNote) return text;
  const end = "…";
  const bytes = Buffer.from(text).subarray(0, longestNote - Buffer.byteLength(end));
  return new TextDecoder().decode(bytes, { stream: true }) + end;
}

import type { JetStreamManager, StreamConfig } from "nats";
import { queues } from "../domain/message.ts";
import { apiErrorCode, apiErrors, unless } from "./api-error.ts";
import type { Connection } from "./connection.ts";
import { describeDrift, driftOf } from "./drift.ts";
import {
  consumerConfig,
  type StreamOptions,
  sharedConsumer,
  streamConfig,
  type WantedStream,
} from "./stream-config.ts";

export interface TopologyOptions {
  region: string;
  connection: Connection;
  streams: StreamOptions;
  /** Seconds of each delay of the retry schedule. */
  retryTiers: readonly number[];
  onError: (message: string, error: unknown) => void;
  /** How often to look whether everything is still there, ms. */
  checkEveryMs?: number;
}

/** What to do about a stream or consumer that is there but not as the settings ask. */
type OnDrift = "leave" | "report" | "update";

/** The fields that a server accepts for a stream that exists. */
const updatable: (keyof StreamConfig)[] = [
  "subjects",
  "max_bytes",
  "max_msgs_per_subject",
  "max_age",
  "discard",
  "discard_new_per_subject",
  "duplicate_window",
  "num_replicas",
];

/**
 * The streams and shared consumers of one region: made when they are missing, brought up to date when a session
 * starts, and looked after from time to time. Nothing else makes or changes them.
 */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #underWay = new Map<string, Promise<string>>();
  readonly #reported = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;

  constructor(options: TopologyOptions) {
    this.#options = options;
    this.#forget = options.connection.onUp(() => void this.reconcile());
    this.#timer = setInterval(() => void this.#check(), options.checkEveryMs ?? 30_000);
  }

  get region(): string {
    return this.#options.region;
  }

  /** What the current settings ask for. */
  wanted(): string[] {
    const { region, retryTiers } = this.#options;
    const retries = retryTiers.map((seconds) => queues.retries(region, seconds));
    return [queues.deliveries(region), ...retries, queues.lanes(region), queues.dead(region)];
  }

  /** The RETRIES streams of the schedule and those that an older schedule left. @throws when NATS cannot be asked. */
  async retryQueues(): Promise<string[]> {
    const { region, connection } = this.#options;
    const jsm = await connection.manager();
    const found = new Set(this.wanted().filter((queue) => queue.startsWith("RETRIES_")));
    for await (const name of jsm.streams.names(`retries.${region}.>`)) {
      if (name.startsWith(`RETRIES_${region}_`)) found.add(name);
    }
    return [...found];
  }

  /** Makes what is missing and changes what differs. Never rejects: what fails is reported and tried again. */
  async reconcile(): Promise<void> {
    const left = await this.retryQueues().catch(() => []);
    await Promise.all([...new Set([...this.wanted(), ...left])].map((queue) => this.#look(queue, "update")));
  }

  /**
   * Makes sure that a stream and its shared consumer exist. Answers when the stream was made, which tells it
   * from a later one of the same name.
   * @throws Error when they do not and cannot be made now.
   */
  ensure(queue: string): Promise<string> {
    return this.#ensure(queue, "leave");
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#forget();
  }

  async #check(): Promise<void> {
    if (this.#options.connection.session) await Promise.all(this.wanted().map((queue) => this.#look(queue, "report")));
  }

  async #look(queue: string, drift: OnDrift): Promise<void> {
    try {
      await this.#ensure(queue, drift);
    } catch (error) {
      if (this.#options.connection.session) this.#options.onError(`stream ${queue} is not as it should be`, error);
    }
  }

  /** One at a time for each stream: 500 refused publications must not make it 500 times. */
  #ensure(queue: string, drift: OnDrift): Promise<string> {
    const key = `${queue} ${drift}`;
    let running = this.#underWay.get(key);
    if (!running) {
      running = this.#make(queue, drift).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, running);
    }
    return running;
  }

  async #make(queue: string, drift: OnDrift): Promise<string> {
    const jsm = await this.#options.connection.manager();
    const created = await this.#makeStream(jsm, streamConfig(queue, this.#options.streams), drift);
    await this.#makeConsumer(jsm, queue, drift);
    return created;
  }

  async #makeStream(jsm: JetStreamManager, wanted: WantedStream, drift: OnDrift): Promise<string> {
    const { name } = wanted;
    const find = () => unless(jsm.streams.info(name), apiErrors.streamNotFound);
    // Another process may make it at the same moment, of another version with other settings.
    let info = (await find()) ?? (await unless(addStream(jsm, wanted), apiErrors.streamNameInUse)) ?? (await find());
    if (!info) throw new Error(`stream ${name} was deleted while it was made`);
    const differing = new Set(driftOf(wanted, info.config).map((drift) => drift.field));
    const changes = Object.fromEntries(
      updatable.filter((field) => differing.has(field)).map((field) => [field, wanted[field]]),
    );
    try {
      if (drift === "update" && Object.keys(changes).length > 0) info = await jsm.streams.update(name, changes);
    } finally {
      if (drift !== "leave") this.#report(`stream ${name}`, wanted, info.config);
    }
    return String(info.created);
  }

  async #makeConsumer(jsm: JetStreamManager, queue: string, drift: OnDrift): Promise<void> {
    const wanted = consumerConfig(queue, this.#options.streams);
    if (!wanted) return;
    const find = () => unless(jsm.consumers.info(queue, sharedConsumer), apiErrors.consumerNotFound);
    let info =
      (await find()) ?? (await unless(jsm.consumers.add(queue, wanted), apiErrors.consumerExists)) ?? (await find());
    if (!info) throw new Error(`consumer ${sharedConsumer} of ${queue} was deleted while it was made`);
    if (drift === "update" && driftOf(wanted, info.config).length > 0) {
      info = await jsm.consumers.update(queue, sharedConsumer, wanted);
    }
    if (drift !== "leave") this.#report(`consumer ${sharedConsumer} of ${queue}`, wanted, info.config);
  }

  /** Once for each change: a drift that stays would fill the log. */
  #report(what: string, wanted: object, actual: object): void {
    const text = describeDrift(driftOf(wanted, actual));
    if (text === (this.#reported.get(what) ?? "")) return;
    this.#reported.set(what, text);
    if (text !== "") this.#options.onError(`${what} differs from the settings: ${text}`, undefined);
  }
}

async function addStream(jsm: JetStreamManager, wanted: WantedStream) {
  try {
    return await jsm.streams.add(wanted);
  } catch (error) {
    const code = apiErrorCode(error);
    const full: (number | undefined)[] = [apiErrors.storageResourcesExceeded, apiErrors.insufficientResources];
    if (!full.includes(code)) throw error;
    const needed = `${wanted.name} reserves ${wanted.max_bytes} bytes of file storage and the server has not so much left`;
    throw new Error(`${needed}: raise max_file_store of nats-server, or lower the stream's byte bound`, {
      cause: error,
    });
  }
}

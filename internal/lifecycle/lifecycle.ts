import type { Logger } from "../telemetry/logger.ts";

/** All of draining takes at most this long, in ms; Kubernetes kills after 30 s. */
const drainMs = 15_000;

/** Ends something that was started. `withinMs` is what is left of the time to drain. */
export type Stop = (withinMs: number) => unknown;

/** What has been started in this process, so that it can be ended in the opposite order. */
export class Lifecycle {
  readonly #stops: { name: string; stop: Stop }[] = [];
  readonly #logger: Logger;
  #state: "starting" | "ready" | "stopping" = "starting";
  #stopping: Promise<boolean> | undefined;
  #checks: (() => string | undefined)[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Call it right after something has started: it will be ended before everything that was there already. */
  onStop(name: string, stop: Stop): void {
    this.#stops.push({ name, stop });
  }

  /** `check` answers why no work should come here now, or undefined. */
  readyWhen(check: () => string | undefined): void {
    this.#checks.push(check);
  }

  /** Everything has started. */
  started(): void {
    if (this.#state === "starting") this.#state = "ready";
  }

  get isStopping(): boolean {
    return this.#state === "stopping";
  }

  /** Why this process should get no work now; undefined when it is ready. */
  notReady(): string | undefined {
    if (this.#state !== "ready") return this.#state;
    for (const check of this.#checks) {
      const reason = check();
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Ends what was started, the last first. Resolves with whether all of it ended in time and without an error. */
  stop(): Promise<boolean> {
    this.#state = "stopping";
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<boolean> {
    const deadline = Date.now() + drainMs;
    let clean = true;
    for (let last = this.#stops.pop(); last; last = this.#stops.pop()) {
      const { name, stop } = last;
      try {
        if (await within(deadline - Date.now(), stop)) continue;
        this.#logger.error(`${name} did not stop in time`);
      } catch (err) {
        this.#logger.error({ err }, `${name} did not stop well`);
      }
      clean = false;
    }
    return clean;
  }
}

/** Whether `stop` ended in time. */
async function within(milliseconds: number, stop: Stop): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(milliseconds, 100));
  });
  try {
    return await Promise.race([Promise.resolve(stop(Math.max(milliseconds, 0))).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

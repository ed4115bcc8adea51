import { setTimeout as sleep } from "node:timers/promises";
import { apiError, statusOf } from "./api-error.ts";
import type { KubeAnswer, SteadyKubeConfig } from "./kube-config.ts";
import { type KubeObserver, silent } from "./observer.ts";
import { retryDelay } from "./retry.ts";

export interface KubeClientOptions {
  config: SteadyKubeConfig;
  userAgent: string;
  observer?: Pick<KubeObserver, "request">;
  /** Of one request with all its repetitions, in ms. [30 s] */
  timeoutMs?: number;
  /** How often a request is sent at most. [5] */
  attempts?: number;
  /**
   * Asked right before anything that changes something is sent, each time: a process that was stopped for a while must
   * not go on where it was when another one leads meanwhile. [true]
   */
  mayWrite?: () => boolean;
  random?: () => number;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface KubeCall {
  /** GET when left out. */
  method?: Method;
  path: string;
  query?: { [name: string]: string | number | boolean | undefined };
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  timeoutMs?: number;
  attempts?: number;
  signal?: AbortSignal;
}

/** This process is no leader any more, so it changed nothing. */
export class NotLeadingError extends Error {
  override readonly name = "NotLeadingError";
}

/** Speaks to the API server: JSON over kept connections, with time limits, repeating what failed for a moment. */
export class KubeClient {
  readonly #options: Required<KubeClientOptions>;

  constructor(options: KubeClientOptions) {
    this.#options = {
      observer: silent,
      timeoutMs: 30_000,
      attempts: 5,
      mayWrite: () => true,
      random: Math.random,
      ...options,
    };
  }

  /**
   * Sends a request until it is answered well.
   * @throws KubeApiError for a refusal; NotLeadingError; the system's error when nobody answers; what `signal` was
   * aborted with; DOMException `TimeoutError` when time is up.
   */
  async call<T>(call: KubeCall): Promise<T> {
    const { timeoutMs = this.#options.timeoutMs } = call;
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    const text = await this.#repeat(call, signal, okText);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /**
   * Opens an answer without an end (a watch), which ends with `signal`; only its beginning has the usual time limit.
   * @throws as `call`; nothing is repeated here.
   */
  async open(call: KubeCall & { signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException("no answer to the watch", "TimeoutError")),
      call.timeoutMs ?? this.#options.timeoutMs,
    );
    try {
      const signal = AbortSignal.any([call.signal, late.signal]);
      return await this.#repeat({ ...call, attempts: 1 }, signal, async (answer) => {
        if (answer.statusCode !== 200) await okText(answer);
        return answer.body;
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #repeat<T>(call: KubeCall, signal: AbortSignal, read: (answer: KubeAnswer) => Promise<T>): Promise<T> {
    const { config, random } = this.#options;
    const { method = "GET", attempts = this.#options.attempts } = call;
    for (let attempt = 1, known = true; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await this.#once(method, call, signal, read);
      } catch (error) {
        if (signal.aborted || error instanceof NotLeadingError) throw error;
        // A token that was replaced in between: once more, with what stands there now.
        if (statusOf(error) === 401 && known) {
          known = false;
          config.refresh();
          continue;
        }
        const waitMs = attempt < attempts ? retryDelay(method, error, attempt, random()) : undefined;
        if (waitMs === undefined) throw error;
        await sleep(waitMs, undefined, { signal });
      }
    }
  }

  async #once<T>(
    method: Method,
    { path, query = {}, body, contentType = "application/json" }: KubeCall,
    signal: AbortSignal,
    read: (answer: KubeAnswer) => Promise<T>,
  ): Promise<T> {
    const { config, userAgent, observer, mayWrite } = this.#options;
    const { headers, dispatcher } = await config.credentials();
    if (method !== "GET" && !mayWrite()) throw new NotLeadingError("another process leads, so nothing was changed");
    const { origin, pathname } = config.base;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "content-type": contentType };
    let code = "<error>";
    try {
      const answer = await dispatcher.request({
        origin,
        path: `${pathname}${path}${search.size === 0 ? "" : `?${search.toString()}`}`,
        method,
        headers: { accept: "application/json", "user-agent": userAgent, ...type, ...headers },
        ...sent,
        signal,
        // Time limits are the signal's.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      code = String(answer.statusCode);
      return await read(answer);
    } finally {
      observer.request(method, code);
    }
  }
}

/** The body of a good answer. @throws KubeApiError for another one. */
async function okText({ statusCode, headers, body }: KubeAnswer): Promise<string> {
  const text = await body.text();
  if (statusCode >= 200 && statusCode < 300) return text;
  throw apiError(statusCode, headers, text);
}

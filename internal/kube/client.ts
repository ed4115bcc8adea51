import { setTimeout as sleep } from "node:timers/promises";
import {
  type HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
  type ResponseContext,
} from "@kubernetes/client-node";
import { apiError, statusOf } from "./api-error.ts";
import type { SteadyKubeConfig } from "./kube-config.ts";
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

export interface KubeCall {
  /** GET when left out. */
  method?: HttpMethod;
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
  readonly #http = new IsomorphicFetchHttpLibrary();

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
   * @throws KubeApiError for a refusal; NotLeadingError; TypeError when nobody answers; what `signal` was aborted with;
   * DOMException `TimeoutError` when time is up.
   */
  async call<T>(call: KubeCall): Promise<T> {
    const { timeoutMs = this.#options.timeoutMs } = call;
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    const text = await this.#repeat(call, signal, async (context) => {
      const answer = await this.#http.send(context).toPromise();
      return okText(answer);
    });
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /**
   * Opens an answer without an end (a watch), which ends with `signal`; only its beginning has the usual time limit.
   * @throws as `call`; nothing is repeated here.
   */
  async open(call: KubeCall & { signal: AbortSignal }): Promise<ReadableStream<Uint8Array>> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException("no answer to the watch", "TimeoutError")),
      call.timeoutMs ?? this.#options.timeoutMs,
    );
    try {
      const signal = AbortSignal.any([call.signal, late.signal]);
      return await this.#repeat({ ...call, attempts: 1 }, signal, async (context) => {
        const answer = await this.#http.send(context).toPromise();
        const body = answer.httpStatusCode === 200 ? answer.body.stream() : undefined;
        if (body) return body;
        await okText(answer);
        throw new TypeError("the API server's answer has no body");
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #repeat<T>(call: KubeCall, signal: AbortSignal, send: (context: RequestContext) => Promise<T>): Promise<T> {
    const { config, random } = this.#options;
    const { method = "GET", attempts = this.#options.attempts } = call;
    for (let attempt = 1, known = true; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await this.#once(method, call, signal, send);
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
    method: HttpMethod,
    call: KubeCall,
    signal: AbortSignal,
    send: (context: RequestContext) => Promise<T>,
  ): Promise<T> {
    const { config, userAgent, observer, mayWrite } = this.#options;
    const context = new RequestContext(`${config.server}${call.path}`, method);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) context.setQueryParam(name, String(value));
    }
    context.setHeaderParam("Accept", "application/json");
    context.setHeaderParam("User-Agent", userAgent);
    if (call.body !== undefined) {
      context.setHeaderParam("Content-Type", call.contentType ?? "application/json");
      context.setBody(JSON.stringify(call.body));
    }
    context.setSignal(signal);
    await config.applySecurityAuthentication(context);
    if (method !== "GET" && !mayWrite()) throw new NotLeadingError("another process leads, so nothing was changed");
    let code = "<error>";
    try {
      const answer = await send(context);
      code = "200";
      return answer;
    } catch (error) {
      code = String(statusOf(error) ?? code);
      throw error;
    } finally {
      observer.request(method, code);
    }
  }
}

/** The body of a good answer. @throws KubeApiError for another one. */
async function okText(answer: ResponseContext): Promise<string> {
  const text = await answer.body.text();
  if (answer.httpStatusCode >= 200 && answer.httpStatusCode < 300) return text;
  throw apiError(answer.httpStatusCode, answer.headers, text);
}

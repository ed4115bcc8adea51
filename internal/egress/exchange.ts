import type { Dispatcher } from "undici";
import type { SendResult } from "../delivery/ports.ts";
import type { Allowance } from "../network/allowance.ts";
import { answerFailure } from "./answer-failure.ts";
import type { Expirable } from "./deadline-sweeper.ts";
import type { Dial } from "./dial.ts";
import { EgressFailure, ProxyFailure } from "./egress-failure.ts";
import { KeptResponse } from "./kept-response.ts";
import { statusError, statusOutcome } from "./status-outcome.ts";
import { showAddress, type Target } from "./target.ts";

export interface PostRequest {
  target: Target;
  /** Of the company whose request it is. */
  allowance: Allowance;
  headers: Record<string, string>;
  body: Buffer;
}

/** What an exchange tells the one who gave it a connection. */
export interface ExchangeOwner {
  /** It has ended; `reusable`: its connection may carry another. */
  ended(exchange: Exchange, reusable: boolean): void;
}

/** A peer may announce itself with 1xx answers, but not for ever. */
const maxInformational = 20;

/** One POST and its answer: undici's handler, the phases' clock and the verdict. */
export class Exchange implements Dispatcher.DispatchHandler, Expirable {
  readonly startedAt = performance.now();
  readonly request: PostRequest;
  /** The connection that was opened for it; none on a reused one. */
  dial: Dial | undefined;
  /** Who to tell, once it has a connection. */
  owner: ExchangeOwner | undefined;
  done = false;

  readonly #finish: (result: SendResult) => void;
  #status = 0;
  #response: KeptResponse | undefined;
  #informational = 0;
  #sentAt = 0;
  #firstByteAt = 0;

  constructor(request: PostRequest, finish: (result: SendResult) => void) {
    this.request = request;
    this.#finish = finish;
  }

  /** Ends it with TIMEOUT. */
  expire(deadlineMs: number): void {
    const within = `within ${seconds(deadlineMs)}`;
    if (this.#sentAt === 0 && this.dial?.waitsForProxy) {
      return this.fail(new ProxyFailure(`the egress proxy did not take the connection ${within}`));
    }
    this.fail(new EgressFailure("TIMEOUT", this.#timeoutError(within)));
  }

  fail(failure: EgressFailure): void {
    if (this.done) return;
    this.#response?.cutOff();
    const { outcome: failed, message } = failure;
    if (this.#status === 0 || failed === "TIMEOUT") {
      return this.#end(failed, message, false, failure instanceof ProxyFailure);
    }
    // A status that is a failure by itself says more than how its body ended.
    const outcome = this.#status < 300 ? failed : statusOutcome(this.#status);
    this.#end(outcome, `answered ${this.#status}, then ${message}`, false);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.done) controller.abort(new EgressFailure("INTERNAL", "ended before it was sent"));
    // At most once: whatever the client thinks of repeating, a request that may have left does not leave again.
    else if (this.#sentAt !== 0) controller.abort(new EgressFailure("CONNECT", "not sent a second time"));
    else this.#sentAt = performance.now();
  }

  onResponseStarted(): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.done) return;
    if (status >= 200) {
      this.#status = status;
      this.#response = new KeptResponse(headers);
    } else if (++this.#informational > maxInformational) {
      controller.abort(new EgressFailure("CONNECT", `${this.#peer()} sent more than ${maxInformational} 1xx answers`));
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.done || !this.#response || this.#response.add(chunk)) return;
    // The status has decided; the rest is not worth waiting for.
    this.#answered(false);
  }

  onResponseEnd(): void {
    if (!this.done) this.#answered(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.done) this.fail(answerFailure(this.#peer(), this.#status !== 0, error));
  }

  #end(outcome: SendResult["outcome"], error: string, reusable: boolean, postponed = false): void {
    this.done = true;
    const now = performance.now();
    const { dial } = this;
    this.owner?.ended(this, reusable);
    this.#finish({
      outcome,
      httpStatus: this.#status || null,
      error,
      timing: {
        dnsMs: dial?.dnsMs ?? 0,
        connectMs: dial?.connectMs ?? 0,
        tlsMs: dial?.tlsMs ?? 0,
        firstByteMs: this.#firstByteAt === 0 ? 0 : this.#firstByteAt - this.#sentAt,
        totalMs: now - this.startedAt,
      },
      response: this.#response?.head() ?? null,
      ...(postponed && { postponed }),
    });
  }

  #answered(reusable: boolean): void {
    const status = this.#status;
    const error = status < 300 ? "" : statusError(status, this.#response?.header("location"));
    this.#end(statusOutcome(status), error, reusable);
  }

  #peer(): string {
    return showAddress(this.request.target.host, this.request.target.port);
  }

  #timeoutError(within: string): string {
    if (this.#status !== 0) return `answered ${this.#status}, but the answer did not end ${within}`;
    const { dial } = this;
    if (this.#sentAt !== 0) {
      const opening = dial ? dial.dnsMs + dial.connectMs + dial.tlsMs : 0;
      return opening < 100 ? `no answer ${within}` : `no answer ${within} (after ${seconds(opening)} of connecting)`;
    }
    if (!dial) return `not sent ${within}: every connection to ${this.#peer()} was busy`;
    if (dial.phase === "dns") return `not sent ${within}: ${this.request.target.host} was not resolved`;
    if (dial.phase === "tls") return `not sent ${within}: the TLS handshake with ${dial.address} did not end`;
    return `not sent ${within}: no connection to ${dial.address}`;
  }
}

/** Milliseconds as people say them: "10 s", "3.2 s". */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

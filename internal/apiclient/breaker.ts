import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { ApiRefusal } from "../controller/ports.ts";
import type { Channel } from "./channel.ts";
import { isUnanswered } from "./refusals.ts";

/** What calls the API. */
export type Caller = Pick<Channel, "call">;

/** How often one call goes through while nobody answers, in ms: as often as an API that comes back is worth a look. */
const probeMs = 1_000;

/**
 * A circuit breaker. That nobody answers is one fact, not one for each call: who asks then is refused at once, in the words
 * of the call that found out, and only one call a second goes through. Without it, an API that hangs would hold every
 * caller for its whole time limit.
 */
export class Breaker implements Caller {
  readonly #caller: Caller;
  readonly #now: () => number;
  /** When somebody answered last. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  #open: { refusal: ApiRefusal; probeAt: number } | undefined;

  constructor(caller: Caller, now: () => number = () => performance.now()) {
    this.#caller = caller;
    this.#now = now;
  }

  /** @throws ApiRefusal, also without asking */
  async call<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    const startedAt = this.#now();
    if (this.#open) {
      if (startedAt < this.#open.probeAt) throw this.#open.refusal;
      this.#open.probeAt = startedAt + probeMs;
    }
    try {
      const answer = await this.#caller.call(method, request);
      this.#answered();
      return answer;
    } catch (error) {
      if (!(error instanceof ApiRefusal && isUnanswered(error))) this.#answered();
      // Others were answered while this call waited: it is this call that has trouble, not the API.
      else if (this.#answeredAt < startedAt) this.#open = { refusal: error, probeAt: this.#now() + probeMs };
      throw error;
    }
  }

  #answered(): void {
    this.#answeredAt = this.#now();
    this.#open = undefined;
  }
}

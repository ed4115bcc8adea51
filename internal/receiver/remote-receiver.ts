import type { ReceivedRequest } from "./received-request.ts";
import { verifierOf } from "./verifier.ts";
import { verify } from "./verify.ts";

/** For one answer, in ms. */
const answerMs = 10_000;

/** A receiver of ours that runs elsewhere, asked what it got. */
export class RemoteReceiver {
  /** Where it takes webhooks. */
  readonly url: string;
  readonly #requests: URL;

  /** `base`: `http://receiver:3001` */
  constructor(base: string) {
    this.url = new URL("/verify", base).href;
    this.#requests = new URL("/requests", base);
  }

  /**
   * Why the request of this event is not signed with `secret`, empty when it is; undefined: none came. The bytes and
   * headers are those that the receiver got, the judgement the official library's.
   * @throws Error when the receiver does not answer
   */
  async whyNotGenuine(eventId: string, secret: string): Promise<string | undefined> {
    const requests = await this.#kept();
    const got = requests.findLast(({ id, path }) => id === eventId && path === new URL(this.url).pathname);
    return got && verify([["verify", verifierOf("verify", secret)]], got.headers, got.body).reason;
  }

  async #kept(): Promise<ReceivedRequest[]> {
    try {
      const response = await fetch(this.#requests, { signal: AbortSignal.timeout(answerMs) });
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      return (await response.json()) as ReceivedRequest[];
    } catch (cause) {
      throw new Error(`the receiver does not say at ${this.#requests.href} what it got`, { cause });
    }
  }
}

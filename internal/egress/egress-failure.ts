import type { SendResult } from "../delivery/ports.ts";

export type FailureOutcome = Extract<
  SendResult["outcome"],
  "TIMEOUT" | "DNS" | "CONNECT" | "TLS" | "BLOCKED" | "INTERNAL"
>;

/** Why a request got no (whole) answer: the outcome's class, and a sentence for the reader of the record. */
export class EgressFailure extends Error {
  override readonly name = "EgressFailure";
  readonly outcome: FailureOutcome;

  constructor(outcome: FailureOutcome, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.outcome = outcome;
  }
}

/** Our own proxy failed, before anything was sent to the receiver, who does not answer for it. */
export class ProxyFailure extends EgressFailure {
  constructor(message: string, cause?: unknown) {
    super("INTERNAL", message, cause);
  }
}

/** The code of a system, TLS or undici error; empty when it has none. */
export function errorCode(error: unknown): string {
  const coded = typeof error === "object" && error !== null && "code" in error;
  return coded && typeof error.code === "string" ? error.code : "";
}

/** What an error of any origin says. */
export function errorMessage(error: unknown): string {
  const worded = typeof error === "object" && error !== null && "message" in error;
  return worded ? String(error.message) : String(error);
}

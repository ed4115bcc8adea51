import { STATUS_CODES } from "node:http";
import type { SendResult } from "../delivery/ports.ts";

type StatusOutcome = Extract<SendResult["outcome"], "SUCCESS" | "HTTP_3XX" | "HTTP_4XX" | "HTTP_5XX">;

/** The class of a final status; one above 599 counts as 5xx (RFC 9110 §15). */
export function statusOutcome(status: number): StatusOutcome {
  if (status < 300) return "SUCCESS";
  if (status < 400) return "HTTP_3XX";
  return status < 500 ? "HTTP_4XX" : "HTTP_5XX";
}

/** What the record says about an answer that is no success. */
export function statusError(status: number, location: string | undefined): string {
  const reason = STATUS_CODES[status];
  const answered = `answered ${status}${reason ? ` ${reason}` : ""}`;
  if (status >= 400 || status === 304) return answered;
  const to = location ? ` to ${location.slice(0, 300)}` : "";
  return `${answered}${to}: redirects are not followed, give the endpoint its final URL`;
}

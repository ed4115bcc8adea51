import { statusOf } from "./api-error.ts";

/** What is sent may have been done although no answer came: these may be sent again all the same. */
const repeatable = new Set(["GET", "PUT", "PATCH", "DELETE"]);
/** Nothing was sent: nobody listens, no name server knows the host, or the connection was given up before. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CLOSED",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** First wait and longest wait, in ms; doubling. An API server that restarts is away for a few seconds. */
const firstMs = 100;
const longestMs = 5_000;

/**
 * Whether a failed request is worth sending again, and after how many ms. An API server that is busy (429) has done
 * nothing; one that fails (5xx) or breaks the connection may have. Undefined: give the error to the caller.
 * @param attempt how many were sent, from 1.
 * @param random in [0, 1): clients that failed together do not come back together.
 */
export function retryDelay(method: string, error: unknown, attempt: number, random: number): number | undefined {
  const status = statusOf(error);
  const again =
    status === undefined
      ? repeatable.has(method) || neverSent.has(codeOf(error))
      : status === 429 || (status >= 500 && status !== 501 && repeatable.has(method));
  if (!again) return undefined;
  const backoff = Math.min(firstMs * 2 ** (attempt - 1), longestMs) * (0.5 + random / 2);
  const asked = (error as { retryAfterMs?: number }).retryAfterMs ?? 0;
  return Math.max(backoff, asked);
}

/** The system's code of a failed request, somewhere along its causes. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code) return code;
    // Both addresses of a name failed.
    if (at instanceof AggregateError && at.errors[0]) return codeOf(at.errors[0]);
  }
  return "";
}

/** The API server's refusal (meta/v1 Status), or an answer that is none of its own. */
export class KubeApiError extends Error {
  override readonly name = "KubeApiError";
  /** Of HTTP. */
  readonly status: number;
  /** E.g. `NotFound`, `Conflict`, `Expired`; empty when the answer has none. */
  readonly reason: string;
  /** How long it asks to wait, in ms; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The HTTP status of a refusal; undefined when the error is another one. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof KubeApiError ? error.status : undefined;
}

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
/** Somebody changed, made or deleted it in between: read it again. */
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;
/** The resource version or the page token is older than what the API server remembers: list again. */
export const isGone = (error: unknown): boolean => statusOf(error) === 410;

/** Reads a refusal. @param body what came with it, JSON or not. */
export function apiError(status: number, headers: { [name: string]: unknown }, body: string): KubeApiError {
  const { reason = "", message } = parseStatus(body);
  const retryAfter = headers["retry-after"];
  const seconds = typeof retryAfter === "string" ? Number(retryAfter) : Number.NaN;
  const retryAfterMs = seconds >= 0 ? seconds * 1000 : undefined;
  const text = message || body.trim().slice(0, 300) || "no reason given";
  return new KubeApiError(status, reason, `the API server answers ${status}: ${text}`, retryAfterMs);
}

function parseStatus(body: string): { reason?: string; message?: string } {
  try {
    return JSON.parse(body) as { reason?: string; message?: string };
  } catch {
    return {};
  }
}

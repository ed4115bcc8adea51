/** An answer of the API that is not a success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Of the ErrorInfo detail; empty when there is none. */
  readonly reason: string;

  constructor(status: number, message: string, reason: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

interface ErrorBody {
  message?: string;
  details?: { reason?: string }[];
}

/** Calls the HTTP API. @throws ApiError; TypeError when nobody answers. */
export async function callApi<T>(
  baseUrl: string,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  const { message, details } = parseError(text);
  const reason = details?.find((detail) => detail.reason)?.reason ?? "";
  throw new ApiError(response.status, message ?? text, reason);
}

function parseError(text: string): ErrorBody {
  try {
    return JSON.parse(text) as ErrorBody;
  } catch {
    return {};
  }
}

export interface Answer<Body = unknown> {
  status: number;
  /** The parsed JSON; undefined when the body is not JSON. */
  body: Body;
  headers: Headers;
  text: string;
}

export interface Client {
  get<B = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<B>>;
  /** A string is sent as it is, anything else as JSON. */
  post<B = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<B>>;
  patch<B = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<B>>;
  delete<B = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<B>>;
}

/** The API over HTTP as a caller with `key` has it; without one, no Authorization header is sent. */
export function client(baseUrl: string, key?: string): Client {
  async function call<B>(
    method: string,
    path: string,
    body: unknown,
    extra: { [name: string]: string } = {},
  ): Promise<Answer<B>> {
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...extra,
    };
    const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers,
      ...(payload !== undefined && { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text) as B, headers: response.headers, text };
  }
  return {
    get: (path, headers) => call("GET", path, undefined, headers),
    post: (path, body = {}, headers) => call("POST", path, body, headers),
    patch: (path, body = {}, headers) => call("PATCH", path, body, headers),
    delete: (path, headers) => call("DELETE", path, undefined, headers),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

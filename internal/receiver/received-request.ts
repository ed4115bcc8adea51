import { styleText } from "node:util";
import type { Verification } from "./verify.ts";

/** A request as `GET /requests` shows it. */
export interface ReceivedRequest {
  /** The webhook-id: the event, the same on every attempt. Empty when it carries none, as are the next two. */
  id: string;
  attemptId: string;
  deliveryId: string;
  verified: boolean;
  /** Name of the secret; null when none matched. */
  matchedSecret: string | null;
  /** Why it is not verified; empty when it is. */
  reason: string;
  /** ISO 8601. */
  receivedAt: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export function receivedRequest(
  request: Pick<ReceivedRequest, "method" | "path" | "headers" | "body">,
  { verified, secret, reason }: Verification,
  now: Date,
): ReceivedRequest {
  const { headers } = request;
  return {
    id: headers["webhook-id"] ?? "",
    attemptId: headers["sealpost-attempt-id"] ?? "",
    deliveryId: headers["sealpost-delivery-id"] ?? "",
    verified,
    matchedSecret: verified ? secret : null,
    reason,
    receivedAt: now.toISOString(),
    ...request,
  };
}

/** One line for a person: time, request, event, verdict, attempt. `plays`: the sickness it is answered with. */
export function describeRequest(request: ReceivedRequest, plays: string): string {
  const { receivedAt, method, path, id, body, verified, matchedSecret, reason, attemptId } = request;
  const [colour, verdict] = verified
    ? (["green", `verified with "${matchedSecret}"`] as const)
    : (["red", `NOT VERIFIED: ${reason}`] as const);
  const before = [receivedAt.slice(11, 23), method, path, id || "(no webhook-id)", eventType(body)].filter(Boolean);
  const after = [attemptId, plays && `(plays ${plays})`].filter(Boolean);
  return [...before.map(printable), styleText(colour, printable(verdict)), ...after.map(printable)].join("  ");
}

/** The type in Sealpost's envelope; empty for any other body. */
function eventType(body: string): string {
  try {
    const { type } = JSON.parse(body) as { type?: unknown };
    return typeof type === "string" && type.length <= 128 ? type : "";
  } catch {
    return "";
  }
}

/** A stranger's bytes must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

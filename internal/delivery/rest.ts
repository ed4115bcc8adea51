import { uuidTime } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";

/** Bounds of the time that a delivery which is not to be had rests with Postgres, in ms. */
const shortestRest = 5_000;
const longestRest = 600_000;

/** It rests a tenth of its age: a backlog that stays where it is is tried ever less often. `now` in ms. */
export function restUntil(message: DeliveryMessage, now: number): Date {
  const rest = (now - uuidTime(message.deliveryId)) / 10;
  return new Date(now + Math.min(Math.max(rest, shortestRest), longestRest));
}

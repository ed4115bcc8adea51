import type { Consuming, Intake } from "../delivery/ports.ts";
import { queues } from "../domain/message.ts";
import { PullLoop } from "./pull-loop.ts";
import type { RegionRoute } from "./region-route.ts";

/** Takes first attempts and swept deliveries of a region. */
export function consumeDeliveries(route: RegionRoute, intake: Intake): Consuming {
  return new PullLoop({ ...route, queue: queues.deliveries(route.topology.region), intake });
}

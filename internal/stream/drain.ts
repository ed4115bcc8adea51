import type { Subscription } from "nats";

/**
 * Ends a subscription for pulled messages: what is on the wire still comes, and the server takes the open requests back.
 * Given up after `withinMs`, with a server that no longer answers.
 */
export async function drain(subscription: Subscription, withinMs: number): Promise<void> {
  const drained = subscription.drain().catch(() => {});
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
}

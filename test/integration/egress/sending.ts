import type { SendResult } from "../../../internal/delivery/ports.ts";
import {
  createWebhookSender,
  type HttpWebhookSender,
  type WebhookSenderOptions,
} from "../../../internal/egress/webhook-sender.ts";
import { type Allowance, noAllowance } from "../../../internal/network/allowance.ts";
import { OutgoingRules } from "../../../internal/network/outgoing-rules.ts";

/** Short, so that what never ends is seen to end; `deadlineSlackMs` is how late it may come on a very busy machine. */
export const deadlineMs = 1000;
/** For what ends by itself: no busy machine needs that long. */
export const patientMs = 30_000;
export const deadlineSlackMs = 5000;

export interface Sending {
  sender: HttpWebhookSender;
  post(
    url: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
    allowance?: Allowance,
  ): Promise<SendResult>;
}

const developmentRules = new OutgoingRules({ development: true, deny: [] });

/** A sender for tests: the rules of development, and a deadline that only what never ends by itself comes to. */
export function startSending(options: Partial<WebhookSenderOptions> = {}): Sending {
  const sender = createWebhookSender({ rules: developmentRules, deadlineMs: patientMs, ...options });
  return {
    sender,
    post: (url, body = '{"hello":"world"}', headers = {}, allowance = noAllowance) =>
      sender.send({
        url,
        allowance,
        headers: { "content-type": "application/json", ...headers },
        body: Buffer.isBuffer(body) ? body : Buffer.from(body),
      }),
  };
}

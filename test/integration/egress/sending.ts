import type { SendResult } from "../../../internal/delivery/ports.ts";
import { allowAllAddresses } from "../../../internal/egress/address-policy.ts";
import {
  createWebhookSender,
  type HttpWebhookSender,
  type WebhookSenderOptions,
} from "../../../internal/egress/webhook-sender.ts";

/** Short, so that what never ends is seen to end; `deadlineSlackMs` is how late it may come on a busy machine. */
export const deadlineMs = 1000;
export const deadlineSlackMs = 500;

export interface Sending {
  sender: HttpWebhookSender;
  post(url: string, body?: string | Buffer, headers?: Record<string, string>): Promise<SendResult>;
}

/** A sender for tests: development policy, a deadline of 1 s. */
export function startSending(options: Partial<WebhookSenderOptions> = {}): Sending {
  const sender = createWebhookSender({ policy: allowAllAddresses, deadlineMs, ...options });
  return {
    sender,
    post: (url, body = '{"hello":"world"}', headers = {}) =>
      sender.send({
        url,
        headers: { "content-type": "application/json", ...headers },
        body: Buffer.isBuffer(body) ? body : Buffer.from(body),
      }),
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { client } from "../harness/client.ts";

export interface Published {
  /** Shown ids of the events that were answered OK. */
  accepted: string[];
  /** Calls that failed and were tried again, by status; "no answer" when the connection broke. */
  errors: Map<string, number>;
}

/** Clients that publish until `stop`, each event under one idempotency key until it is answered OK. */
export function startPublishers(options: { http: string; key: string; parallel: number; pauseMs: number }): {
  published: Published;
  /** Resolves when every event that was begun has been accepted. @throws when one is refused for good. */
  stop(): Promise<void>;
} {
  const { http, key, parallel, pauseMs } = options;
  const published: Published = { accepted: [], errors: new Map() };
  const api = client(http, key);
  let running = true;

  async function publishOne(publisher: number, n: number): Promise<void> {
    const idempotencyKey = `publisher-${publisher}-event-${n}`;
    const event = { eventType: "lab.happened", data: { publisher, n }, idempotencyKey };
    for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 500)) {
      const answer = await api.post<{ id: string }>("/v1/events", event).catch(() => undefined);
      if (answer?.status === 200) {
        published.accepted.push(answer.body.id);
        return;
      }
      if (answer && answer.status < 500 && answer.status !== 429) {
        throw new Error(`an event was refused: ${answer.status} ${answer.text}`);
      }
      const kind = answer ? String(answer.status) : "no answer";
      published.errors.set(kind, (published.errors.get(kind) ?? 0) + 1);
      await sleep(waitMs);
    }
  }
  const publishers = Array.from({ length: parallel }, async (_, publisher) => {
    for (let n = 0; running; n++) {
      await publishOne(publisher, n);
      await sleep(pauseMs);
    }
  });
  const all = Promise.all(publishers);
  all.catch(() => {
    running = false;
  });
  return {
    published,
    stop: async () => {
      running = false;
      await all;
    },
  };
}

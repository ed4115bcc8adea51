import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "./connection.ts";
import { sqlStateOf } from "./errors.ts";

const pauseMs = 500;
/** The server is there, but is starting or recovering. */
const cannotConnectNow = "57P03";

/**
 * Waits until Postgres takes connections, and says why it waits, each reason once.
 * @throws what Postgres refuses for another reason, such as a wrong password: that does not pass by itself
 */
export async function untilReachable(url: string, say: (text: string) => void): Promise<void> {
  let said: string | undefined;
  for (;;) {
    try {
      return await withClient(url, "sealpost waits", async () => {});
    } catch (error) {
      const state = sqlStateOf(error);
      if (state !== undefined && state !== cannotConnectNow) throw error;
      const { message } = error as Error;
      if (message !== said) say(`waiting: Postgres cannot be reached: ${message}`);
      said = message;
      await sleep(pauseMs);
    }
  }
}

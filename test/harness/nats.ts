import { freePort } from "../../internal/devstack/free-port.ts";
import { findNatsServer } from "../../internal/devstack/nats-finder.ts";
import { type NatsServer, startNatsServer } from "../../internal/devstack/nats-process.ts";
import { temporaryFolder } from "./temporary.ts";

export type { NatsServer };

/** A JetStream server of the caller's own; `stop` and `kill` keep port and store for `start`. */
export async function startNats(
  options: { port?: number; storeDir?: string; version?: "2.9" } = {},
): Promise<NatsServer> {
  const { program } = await findNatsServer(options.version);
  return startNatsServer({
    program,
    port: options.port || (await freePort()),
    storeDir: options.storeDir ?? temporaryFolder("nats"),
  });
}

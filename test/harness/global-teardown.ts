import type { PostgresServer } from "../../internal/devstack/postgres-server.ts";
import { sharedServer } from "./global-setup.ts";
import { removeRunFolder } from "./temporary.ts";

export default async function teardown(): Promise<void> {
  await (process as unknown as Record<symbol, PostgresServer | undefined>)[sharedServer]?.kill();
  removeRunFolder();
}

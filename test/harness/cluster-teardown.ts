import type { OwnCluster } from "./cluster.ts";
import { ownCluster, sayAbsent } from "./cluster-setup.ts";
import teardown from "./global-teardown.ts";

export default async function teardownCluster(): Promise<void> {
  await (process as unknown as Record<symbol, OwnCluster | undefined>)[ownCluster]?.[Symbol.asyncDispose]();
  await teardown();
  sayAbsent();
}

import { styleText } from "node:util";
import { findKubePrograms } from "../../internal/devstack/kube-finder.ts";
import { findLua } from "./argocd.ts";
import { absentVariable, type OwnCluster, sharedVariable, startCluster } from "./cluster.ts";
import setup from "./global-setup.ts";
import { findHelm } from "./helm-finder.ts";

/** On the process, because jest may load setup and teardown as separate modules. */
export const ownCluster = Symbol.for("sealpost.test.cluster");

/** Once a run, before the workers start: what all tests share, and a Kubernetes API server. */
export default async function setupCluster(): Promise<void> {
  await setup();
  if (process.env[sharedVariable] || process.env[absentVariable]) return;
  try {
    const say = (text: string) => process.stderr.write(`\ncluster tests: ${text}\n`);
    await findKubePrograms(say);
    await findHelm(say);
    await findLua(say);
  } catch (error) {
    const { message } = error as Error;
    if (process.env.CI) throw error;
    process.env[absentVariable] = message;
    sayAbsent();
    return;
  }
  const cluster = await startCluster();
  process.env[sharedVariable] = JSON.stringify(cluster.shared);
  (process as unknown as Record<symbol, OwnCluster>)[ownCluster] = cluster;
}

/** Says that the cluster tests were left out, and how to get them; nothing when they were not. */
export function sayAbsent(): void {
  const why = process.env[absentVariable];
  if (why === undefined) return;
  const line = "THE TESTS IN test/cluster ARE SKIPPED: nothing of Sealpost on Kubernetes is tested";
  process.stderr.write(`\n${styleText(["bold", "red"], line)}\n${why}\n\n`);
}

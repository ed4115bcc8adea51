import { styleText } from "node:util";
import { absentVariable, machineState, startNode, whyNoNode } from "./single-node.ts";

/** On the process, because jest may load setup and teardown as separate modules. */
export const stateBefore = Symbol.for("sealpost.test.node.before");

/** Once a run: a node with this checkout's images. Where there can be none, says so; under CI, that is a failure. */
export default async function setup(): Promise<void> {
  const why = whyNoNode();
  if (why !== undefined) {
    const line = "THE TESTS ON A REAL NODE ARE SKIPPED: nobody has installed Sealpost on Kubernetes here";
    process.stderr.write(`\n${styleText(["bold", "red"], line)}\n${why}\n\n`);
    if (process.env.CI) throw new Error(`no tests on a real node: ${why}`);
    process.env[absentVariable] = why;
    return;
  }
  const startedAt = performance.now();
  const say = (text: string) =>
    process.stderr.write(`node tests: ${text} (${Math.round((performance.now() - startedAt) / 1000)} s)\n`);
  (process as unknown as Record<symbol, string>)[stateBefore] = await machineState();
  await startNode(say);
  say("the node is up");
}

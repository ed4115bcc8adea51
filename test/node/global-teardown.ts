import { stateBefore } from "./global-setup.ts";
import { absentVariable, machineState, stopNode } from "./single-node.ts";

/** Takes the node down and looks whether it left anything on the machine. @throws Error that names what. */
export default async function teardown(): Promise<void> {
  if (process.env[absentVariable] !== undefined) return;
  await stopNode();
  const before = new Set((process as unknown as Record<symbol, string | undefined>)[stateBefore]?.split("\n"));
  const left = (await machineState()).split("\n").filter((line) => !before.has(line));
  if (left.length > 0) throw new Error(`the node left on this machine:\n${left.join("\n")}`);
}

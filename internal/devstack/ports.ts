import { freePort, isFree } from "./free-port.ts";

/** A port as it was asked for; 0 is any free one. */
export interface AskedPort {
  port: number;
  /** The setting that changes it. */
  variable: string;
  /** What is to listen there. */
  what: string;
}

/**
 * The ports to use, in the order asked.
 * @throws Error that names every port that is taken and the variable that changes it.
 */
export async function claimPorts(asked: AskedPort[]): Promise<number[]> {
  const ports: number[] = [];
  const problems: string[] = [];
  for (const { port, variable, what } of asked) {
    if (port === 0) {
      ports.push(await anyOther(ports));
      continue;
    }
    if (ports.includes(port))
      problems.push(`port ${port} is asked for twice: set ${variable} (${what}) to another one`);
    else if (!(await isFree(port))) {
      problems.push(
        `port ${port} (${what}) is taken by another program: set ${variable} to another one, or to 0 for any`,
      );
    }
    ports.push(port);
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return ports;
}

async function anyOther(taken: number[]): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!taken.includes(port)) return port;
  }
}

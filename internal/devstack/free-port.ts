import { createServer } from "node:net";

/** Below the range that Linux, macOS and Windows hand out for outgoing connections, so that a server can be stopped
 *  and find its port free when it is started again. */
const lowest = 15_000;
const highest = 31_000;

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest}: close what listens there`);
}

/** Whether this process could listen on the port, on loopback and on all addresses: some systems let two
 *  programs share a port that way, and callers would reach either. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen({ port, host: "127.0.0.1" })) && (await canListen({ port }));
}

function canListen(address: { port: number; host?: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ ...address, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

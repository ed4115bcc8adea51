import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below the range that Linux, macOS and Windows hand out for outgoing connections, so that a server can be stopped
 *  and find its port free when it is started again. */
const lowest = 15_000;
const highest = 31_000;
/** How long a port stays with whom it was given to, ms: the program that is to listen there has started by then. */
const keptMs = 300_000;

/** A port that nobody listens on now, and that nobody else on this machine is given while this process starts its server. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if ((await claim(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest}: close what listens there`);
}

/**
 * Takes the UDP port of the same number, which none of the servers wants: a mark that every process sees, and that goes
 * with this one. False when another has it.
 */
function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const mark = createSocket("udp4");
    mark.once("error", () => resolve(false));
    mark.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
      mark.unref();
      setTimeout(() => mark.close(), keptMs).unref();
      resolve(true);
    });
  });
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

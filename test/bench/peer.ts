import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endWithThisProcess, release } from "../../internal/devstack/guard.ts";
import { peerProgram } from "./peer-program.ts";

export interface Load {
  protocol: "http" | "grpc" | "batch";
  /** Of the API: its HTTP or gRPC port. */
  port: number;
  key: string;
  connections: number;
  /** Calls under way on one gRPC connection. */
  streams?: number;
  /** Events in a call, with protocol "batch". */
  batch?: number;
  /** Events per second; 0: as fast as answers and deliveries come. */
  rate?: number;
  /** With rate 0: events under way from publish to delivery, at most. */
  window?: number;
  seconds: number;
  /** Of an event's data. */
  bytes?: number;
  /** Per cent of events whose type is bench.ok; the others are bench.hang.<i>. */
  healthy?: number;
  /** How many different i. */
  hangTypes?: number;
}

/** How many of so many events are of type bench.ok: the first of every hundred. */
export function healthyAmong(events: number, percent: number): number {
  return Math.floor(events / 100) * percent + Math.min(events % 100, percent);
}

export interface LoadResult {
  accepted: number;
  refused: number;
  seconds: number;
  /** Of publish → OK, in ms. */
  p50: number;
  p99: number;
  /** The first refusal. */
  complaint: string;
}

export interface Arrivals {
  /** Requests that were answered. */
  requests: number;
  /** Of different events. */
  distinct: number;
  /** Requests that were left hanging. */
  hung: number;
  /** Of publish sent → delivery received, each event's first, in ms. */
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** The outside world of the bench: a receiver on `port` and a load generator, as one process. */
export interface Peer {
  port: number;
  pid: number;
  /** What is slow about it; empty for the native one. */
  note: string;
  load(load: Load): Promise<LoadResult>;
  arrivals(): Promise<Arrivals>;
  reset(): Promise<void>;
  stop(): void;
}

export async function startPeer(): Promise<Peer> {
  const { program, args, note } = peerProgram();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  endWithThisProcess(pid, "SIGKILL");
  child.once("exit", () => release(pid));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the bench's load generator ended");
    return JSON.parse(value as string) as T;
  };
  const ask = async <T>(command: string): Promise<T> => {
    child.stdin.write(`${command}\n`);
    return await answer<T>();
  };
  const { port } = await answer<{ port: number }>();
  return {
    port,
    pid,
    note,
    load: ({ protocol, port: target, key, connections, seconds, ...rest }) => {
      const { streams = 1, batch = 1, rate = 0, window = 1, bytes = 1024, healthy = 100, hangTypes = 1 } = rest;
      const numbers = [connections, streams, batch, rate, window, seconds, bytes, healthy, hangTypes];
      return ask(`load ${protocol} ${target} ${key} ${numbers.join(" ")}`);
    },
    arrivals: () => ask("stats"),
    reset: async () => void (await ask("reset")),
    stop: () => void child.kill("SIGKILL"),
  };
}

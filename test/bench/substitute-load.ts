import { Agent, request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { grpcClients } from "../harness/grpc-clients.ts";
import type { Load, LoadResult } from "./peer.ts";

export type SubstituteLoad = Required<Omit<Load, "connections" | "streams">> & { parallel: number };

interface Event {
  eventType: string;
  data: string;
}

/** Publishes as `load` says; `delivered` tells how many events have arrived. */
export async function substituteLoad(load: SubstituteLoad, delivered: () => number): Promise<LoadResult> {
  const { rate, window, batch, seconds, parallel } = load;
  const result: LoadResult = { accepted: 0, refused: 0, seconds: 0, p50: 0, p99: 0, complaint: "" };
  const latencies: number[] = [];
  const { publish, close } = publisher(load);
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  let started = 0;
  const lane = async () => {
    while (elapsed() < seconds) {
      if (started + batch > (rate > 0 ? elapsed() * rate : delivered() + window)) {
        await sleep(1);
        continue;
      }
      const events = Array.from({ length: batch }, () => event(load, started++));
      const sentAt = performance.now();
      try {
        await publish(events);
        result.accepted += batch;
        latencies.push(performance.now() - sentAt);
      } catch (error) {
        result.refused += batch;
        result.complaint ||= String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  close();
  const { p50, p99 } = percentiles(latencies);
  return { ...result, seconds: elapsed(), p50, p99 };
}

function event({ healthy, hangTypes, bytes }: SubstituteLoad, number: number): Event {
  const eventType = number % 100 < healthy ? "bench.ok" : `bench.hang.${number % hangTypes}`;
  return { eventType, data: `${`{"n":${number},"sent":${Date.now() * 1000},"pad":"`.padEnd(bytes - 2, "x")}"}` };
}

function publisher({ protocol, port, key, parallel }: SubstituteLoad): {
  publish(events: Event[]): Promise<unknown>;
  close(): void;
} {
  if (protocol !== "http") {
    const clients = grpcClients(`127.0.0.1:${port}`, key);
    const encoded = (events: Event[]) => events.map(({ eventType, data }) => ({ eventType, data: Buffer.from(data) }));
    const publish = async (events: Event[]) => {
      if (protocol === "grpc") return await clients.events.publishEvent(encoded(events)[0] as object);
      return await clients.events.batchPublishEvents({ events: encoded(events) });
    };
    return { publish, close: () => clients.close() };
  }
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const post = ({ eventType, data }: Event) =>
    new Promise<void>((resolve, reject) => {
      const call = httpRequest(
        { agent, port, host: "127.0.0.1", path: "/v1/events", method: "POST", headers },
        (answer) => {
          answer.resume();
          answer.on("end", () =>
            answer.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${answer.statusCode}`)),
          );
        },
      );
      call.on("error", reject);
      call.end(`{"eventType":"${eventType}","data":${data}}`);
    });
  return { publish: (events) => post(events[0] as Event), close: () => agent.destroy() };
}

/** In the unit of the values, with two decimals. */
export function percentiles(values: number[]): { p50: number; p90: number; p99: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? sorted.at(-1) ?? 0).toFixed(2));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Arrivals } from "./peer.ts";
import { percentiles, type SubstituteLoad, substituteLoad } from "./substitute-load.ts";

/**
 * What native/*.c does, for machines without a C compiler: the same commands on its input, the same answers. Much
 * slower, so that what it measures is partly itself.
 */
let seen = new Set<number>();
let latencies: number[] = [];
let requests = 0;
let hung = 0;

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url?.startsWith("/hang")) return void hung++;
    response.end();
    if (!request.url?.startsWith("/ok")) return;
    const [, number, sent] = /"n":(\d+),"sent":(\d+)/.exec(Buffer.concat(chunks).toString("latin1")) ?? [];
    requests++;
    if (seen.has(Number(number))) return;
    seen.add(Number(number));
    latencies.push(Date.now() - Number(sent) / 1000);
  });
});
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
console.log(JSON.stringify({ port: (receiver.address() as AddressInfo).port }));

function arrivals(): Arrivals {
  return { requests, distinct: seen.size, hung, ...percentiles(latencies) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...fields] = line.split(" ");
  if (command === "stats") console.log(JSON.stringify(arrivals()));
  else if (command === "reset") {
    seen = new Set();
    latencies = [];
    requests = hung = 0;
    console.log("{}");
  } else {
    const [protocol = "http", port, key = "", ...numbers] = fields;
    const [connections = 1, streams = 1, batch = 1, rate = 0, window = 1, seconds = 1, ...more] = numbers.map(Number);
    const [bytes = 1024, healthy = 100, hangTypes = 1] = more;
    const load: SubstituteLoad = {
      protocol: protocol as SubstituteLoad["protocol"],
      port: Number(port),
      key,
      parallel: connections * streams,
      batch: protocol === "batch" ? batch : 1,
      rate,
      window,
      seconds,
      bytes,
      healthy,
      hangTypes,
    };
    console.log(JSON.stringify(await substituteLoad(load, () => seen.size)));
  }
}
process.exit(0);

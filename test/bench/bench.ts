import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { guardHead, guardRow } from "./guard.ts";
import { isolation, isolationCases, isolationHead, isolationRate, isolationRow } from "./isolation.ts";
import { killAtSaturation } from "./kill.ts";
import { type Load, startPeer } from "./peer.ts";
import { printProfiles, type Span } from "./profile.ts";
import { scale } from "./scale.ts";
import { Subject } from "./subject.ts";
import { printTable } from "./table.ts";
import { type BareLoop, bareLoop, saturate, throughputHead, throughputRow } from "./throughput.ts";
import { tracingRows } from "./tracing.ts";

const measures = ["bare", "guard", "throughput", "latency", "isolation", "tracing", "kill", "scale"] as const;
const usage = `npm run bench -- [--seconds <of each run, default 10>] [--only ${measures.join(",")}] [--protocols http,grpc,batch] [--resources <of scale, default 10000>] [--profile <folder>]`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    only: { type: "string" },
    protocols: { type: "string" },
    resources: { type: "string" },
    profile: { type: "string" },
  },
});
const seconds = Number(values.seconds ?? 10);
const protocols = (values.protocols ?? "http,grpc,batch").split(",") as Load["protocol"][];
const asked = new Set<string>(values.only?.split(",") ?? measures.filter((each) => each !== "scale"));
const resources = Number(values.resources ?? 10_000);
if (!(seconds > 0) || !(resources > 0) || asked.difference(new Set<string>(measures)).size > 0) {
  console.error(usage);
  process.exit(2);
}

// With every sample at 1 ms; each process writes its profile when it ends.
const nodeArgs = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${path.resolve(values.profile)}`] : [];
const peer = await startPeer();
console.log(`${cpus().length} processors, ${cpus()[0]?.model}, Node ${process.version}; 1 KiB events, fan-out 1`);
if (peer.note) console.log(`NOTE: ${peer.note}`);

/** The last run that was profiled. */
let profiled: Span | undefined;
let bare: BareLoop | undefined;
if (asked.has("bare")) {
  bare = await bareLoop(peer, seconds);
  console.log("\n(a) The bare loop: one process signs and POSTs, nothing is recorded");
  console.log(`${bare.perSecond.toFixed(0)} delivered/s, ${bare.perProcessorSecond.toFixed(0)} per CPU-second`);
}
if (asked.has("guard")) {
  const rows = [await guardRow(peer, seconds, "kept"), await guardRow(peer, seconds, "new")];
  console.log("\nWhat the guard costs the bare loop: the rules for outgoing requests, and without them");
  printTable(guardHead, rows);
}
if (asked.has("throughput") || asked.has("latency")) {
  await using subject = await Subject.start(peer, { nodeArgs });
  let perSecond = 2000;
  const warmUp = await saturate(subject, "http", 3);
  perSecond = warmUp.arrivals.distinct / warmUp.seconds;
  if (asked.has("throughput")) {
    const rows: string[][] = [];
    for (const protocol of protocols) {
      const run = await saturate(subject, protocol, seconds);
      if (run.load.complaint) console.log(`${protocol}: ${run.load.complaint}`);
      if (protocol === "http") perSecond = run.arrivals.distinct / run.seconds;
      profiled = run.span;
      rows.push(throughputRow(protocol, run, bare));
    }
    console.log("\n(b) Saturated");
    printTable(throughputHead, rows);
  }
  if (asked.has("latency")) {
    const rows: string[][] = [];
    for (const rate of [200, Math.round(perSecond / 2)]) {
      const run = await subject.run({ protocol: "http", connections: 64, rate, seconds });
      profiled = run.span;
      rows.push(throughputRow(`http at ${rate}/s`, run, bare));
    }
    console.log("\n(c) At 200/s, and at half of what HTTP saturates at");
    printTable(throughputHead, rows);
  }
}
if (asked.has("isolation")) {
  const rows: string[][] = [];
  for (const each of isolationCases) rows.push(isolationRow(each, await isolation(peer, each, seconds)));
  const healthy = isolationRate / 10;
  console.log(
    `\n(d) A healthy endpoint with a tenth of the traffic, ${healthy}/s, beside others with ${isolationRate - healthy}/s`,
  );
  printTable(isolationHead, rows);
}
if (asked.has("tracing")) {
  const rows = await tracingRows(peer, seconds, bare);
  console.log("\n(e) Saturated over HTTP, with traces");
  printTable(throughputHead, rows);
}
if (asked.has("kill")) {
  const { accepted, lost, duplicates, worstLateSeconds } = await killAtSaturation(peer, seconds);
  console.log("\nOne of two delivery processes is killed (SIGKILL) at saturation");
  printTable(
    ["accepted", "lost", "duplicates", "worst delivery late by"],
    [[String(accepted), String(lost), String(duplicates), `${worstLateSeconds.toFixed(1)} s`]],
  );
}
if (asked.has("scale")) await scale(resources, nodeArgs);
if (values.profile && profiled) printProfiles(values.profile, profiled);
peer.stop();

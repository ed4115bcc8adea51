import { startReceiver } from "../harness/receiver.ts";
import type { Peer } from "./peer.ts";
import { Subject } from "./subject.ts";
import { type BareLoop, saturate, throughputRow } from "./throughput.ts";

/** What is traced: nothing, a tenth, as it is unless told, everything. */
const cases: { name: string; sampled: number }[] = [
  { name: "http, not traced", sampled: 0 },
  { name: "http, 1 in 10 traced", sampled: 0.1 },
  { name: "http, all traced", sampled: 1 },
];

/** (e): what traces cost, each on a system of its own; the collector takes them and throws them away. */
export async function tracingRows(peer: Peer, seconds: number, bare: BareLoop | undefined): Promise<string[][]> {
  const collector = await startReceiver((_request, response) => {
    // They would fill the memory.
    collector.requests.length = 0;
    response.end();
  });
  const rows: string[][] = [];
  for (const { name, sampled } of cases) {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: String(sampled),
      // Enough room: a span that is thrown away would cost less than one that is sent.
      OTEL_BSP_MAX_QUEUE_SIZE: "100000",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "2048",
      OTEL_BSP_SCHEDULE_DELAY: "500",
    };
    await using subject = await Subject.start(peer, { env: sampled > 0 ? env : {} });
    await saturate(subject, "http", 3);
    rows.push(throughputRow(name, await saturate(subject, "http", seconds), bare));
  }
  await collector.close();
  return rows;
}

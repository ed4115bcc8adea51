import { serveDeliveries, type Wraps } from "../../cmd/serve-deliveries.ts";
import { readSettings } from "../../internal/config/read.ts";
import { runPart } from "../../internal/lifecycle/run.ts";
import { createLogger } from "../../internal/telemetry/logger.ts";

/** The real delivery process, which kills itself with SIGKILL at a chosen point of its third attempt. */
const points: { [point: string]: Wraps } = {
  "before the request": { sender: (sender) => ({ send: (request) => (third() ? die() : sender.send(request)) }) },
  "during the request": {
    sender: (sender) => ({
      send(request) {
        if (third()) setTimeout(die, 100);
        return sender.send(request);
      },
    }),
  },
  "after the answer, before the record": {
    sender: (sender) => ({
      async send(request) {
        const result = await sender.send(request);
        return third() ? die() : result;
      },
    }),
  },
  "after the record, before the ack": {
    record: (record) => ({
      begin: (rows) => record.begin(rows),
      markSending: (rows) => record.markSending(rows),
      handOver: (rows) => record.handOver(rows),
      postpone: (rows) => record.postpone(rows),
      hold: (rows) => record.hold(rows),
      end: (rows) => record.end(rows),
      async settle(rows) {
        const outcomes = await record.settle(rows);
        return rows.some(third) ? die() : outcomes;
      },
    }),
  },
};

let count = 0;

function third(): boolean {
  return ++count === 3;
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way: nothing more may happen.
  while (true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

await runPart(
  () => createLogger("delivery", readSettings(["LOG_LEVEL"]).LOG_LEVEL),
  async (lifecycle, logger) => {
    await serveDeliveries(lifecycle, logger, points[process.env.CRASH_POINT ?? ""]);
    return undefined;
  },
);

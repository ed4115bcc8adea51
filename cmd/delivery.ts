import { readSettings } from "../internal/config/read.ts";
import { runPart } from "../internal/lifecycle/run.ts";
import { createLogger } from "../internal/telemetry/logger.ts";
import { serveDeliveries } from "./serve-deliveries.ts";

/** The delivery process: makes the deliveries of its regions. Any number of them share the work. */
await runPart(
  () => createLogger("delivery", readSettings(["LOG_LEVEL"]).LOG_LEVEL),
  async (lifecycle, logger) => {
    await serveDeliveries(lifecycle, logger);
    return undefined;
  },
);

import { readSettings } from "../internal/config/read.ts";
import { runPart } from "../internal/lifecycle/run.ts";
import { createLogger } from "../internal/telemetry/logger.ts";
import { serveApi } from "./serve-api.ts";

/** The api process: takes events in, manages endpoints and tenants, answers what happened. Any number share the work. */
await runPart(
  () => createLogger("api", readSettings(["LOG_LEVEL"]).LOG_LEVEL),
  async (lifecycle, logger) => {
    await serveApi(lifecycle, logger);
    return undefined;
  },
);

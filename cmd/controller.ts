import { readSettings } from "../internal/config/read.ts";
import { runPart } from "../internal/lifecycle/run.ts";
import { createLogger } from "../internal/telemetry/logger.ts";
import { serveController } from "./serve-controller.ts";

/** The controller: brings what WebhookEndpoint resources want into the API. One of several leads; the others wait. */
await runPart(
  () => createLogger("controller", readSettings(["LOG_LEVEL"]).LOG_LEVEL),
  async (lifecycle, logger) => {
    await serveController(lifecycle, logger);
    return undefined;
  },
);

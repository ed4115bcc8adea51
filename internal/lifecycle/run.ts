import { loadEnvFile, SettingsError } from "../config/read.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Lifecycle } from "./lifecycle.ts";

/** What a process ends with. */
export const exitCodes = { ok: 0, failed: 1, settings: 2 } as const;

/** One Ctrl-C may arrive twice (from the terminal and from npm): only a later one, in ms, means "at once". */
const impatientAfterMs = 1000;

/**
 * Runs a part of Sealpost until SIGTERM or SIGINT: `start` starts it piece by piece, registering with the lifecycle
 * how each ends. Ends the process: 0 after a clean drain, 1 after an error, 2 when a setting is wrong; at once, after
 * draining, with the code that `start` answers.
 */
export async function runPart(
  createLogger: () => Logger,
  start: (lifecycle: Lifecycle, logger: Logger) => Promise<number | undefined>,
): Promise<void> {
  let logger: Logger;
  try {
    loadEnvFile();
    logger = createLogger();
  } catch (error) {
    return endWith(error);
  }
  const lifecycle = new Lifecycle(logger);
  let endedAt = 0;
  // What runs may be other processes only, which do not keep this one alive.
  setInterval(() => {}, 2 ** 30);

  const end = async (code: number) => {
    endedAt = Date.now();
    const clean = await lifecycle.stop();
    process.exit(code === exitCodes.ok && !clean ? exitCodes.failed : code);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (endedAt > 0 && Date.now() - endedAt > impatientAfterMs) process.exit(130);
      if (lifecycle.isStopping) return;
      logger.info(`${signal}: finishing what is under way`);
      void end(exitCodes.ok);
    });
  }
  const fail = (what: string) => (err: unknown) => {
    logger.fatal({ err }, what);
    process.exit(exitCodes.failed);
  };
  process.on("uncaughtException", fail("an error that nobody handled"));
  process.on("unhandledRejection", fail("a promise that nobody handled"));

  try {
    const code = await start(lifecycle, logger);
    lifecycle.started();
    if (code !== undefined) await end(code);
  } catch (error) {
    // What is being started fails when a signal stops what it stands on.
    if (lifecycle.isStopping) return;
    if (error instanceof SettingsError) return endWith(error);
    logger.fatal({ err: error }, "cannot start");
    await end(exitCodes.failed);
  }
}

/** Runs a command that ends by itself; same exit codes. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    loadEnvFile();
    await work();
  } catch (error) {
    endWith(error);
  }
}

function endWith(error: unknown): void {
  console.error(process.env.LOG_LEVEL === "debug" ? error : complaint(error));
  process.exit(error instanceof SettingsError ? exitCodes.settings : exitCodes.failed);
}

/** An error as a person needs it: what is wrong, and what was behind it when that says more. */
function complaint(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const more = cause === "" || error.message.includes(cause) ? "" : ` (${cause})`;
  return error.message === "" ? (error.stack ?? error.name) : `${error.message}${more}`;
}

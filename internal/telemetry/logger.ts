import { type DestinationStream, type Logger, pino } from "pino";
import { readable } from "./readable-lines.ts";

export type { Logger };

/** Names under which somebody might log what must not be read: masked up to three levels deep. */
const secretNames = [
  "authorization",
  "secret",
  "secrets",
  "key",
  "keys",
  "apiKey",
  "password",
  "pepper",
  "token",
  "cookie",
  "databaseUrl",
  "body",
];
const redactedPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]);

/**
 * Writes log lines to stdout: JSON, one a line, or readable text for a person at a terminal.
 * @param level one of pino's names, or "silent"
 */
export function createLogger(
  name: string,
  level: string,
  destination: DestinationStream = process.stdout.isTTY
    ? readable(process.stdout)
    : pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: "[secret]" },
      serializers: { err: describeError },
    },
    destination,
  );
}

/** Only these: database errors carry the statement's parameters, which hold bodies and secrets. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = (error as NodeJS.ErrnoException).code;
  return {
    type: name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause) }),
  };
}

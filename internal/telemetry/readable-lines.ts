import { styleText } from "node:util";
import type { DestinationStream } from "pino";

const levels: Record<number, string> = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
const unshown = new Set(["level", "time", "name", "pid", "msg", "err"]);

/**
 * A log line as a person reads it; `brief` leaves out when and who. Text that is not a log line is answered as it is.
 */
export function readableLine(line: string, brief = false): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, name, msg, err } = entry as {
    level: number;
    time: string;
    name: string;
    msg?: string;
    err?: { message: string; stack?: string };
  };
  const word = (levels[level] ?? "info").padEnd(5);
  const shown = level >= 50 ? styleText("red", word) : level >= 40 ? styleText("yellow", word) : word;
  const rest = Object.entries(entry)
    .filter(([key]) => !unshown.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const why = err === undefined ? "" : level >= 50 ? `\n${err.stack ?? err.message}` : `: ${err.message}`;
  const origin = brief ? "" : `${time.slice(11, 23)} ${name} `;
  return `${origin}${shown} ${[msg ?? "", ...rest].join(" ")}${why}`;
}

/** Writes readable lines instead of JSON. */
export function readable(output: { write(text: string): unknown }): DestinationStream {
  return { write: (line) => void output.write(`${readableLine(line.trimEnd())}\n`) };
}

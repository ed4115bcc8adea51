import { readableLine } from "../telemetry/readable-lines.ts";

/** What of a part's output a person wants to see at once: warnings and worse. */
export function worthShowing(line: string): string | undefined {
  try {
    const { level } = JSON.parse(line) as { level?: number };
    return level !== undefined && level >= 40 ? readableLine(line, true) : undefined;
  } catch {
    // Not a log line: node itself, complaining.
    return line;
  }
}

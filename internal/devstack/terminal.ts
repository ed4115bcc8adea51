import { styleText } from "node:util";
import type { DestinationStream } from "pino";

/** Lines for the person who started us. */
export interface Terminal {
  title(text: string): void;
  /** Something that worked, with how long it took in ms. */
  done(text: string, tookMs: number): void;
  /** What a part has to say. */
  from(part: string, text: string): void;
  say(text: string): void;
}

export function createTerminal(write: (line: string) => void = console.log): Terminal {
  return {
    title: (text) => write(`\n${styleText("bold", text)}\n`),
    done: (text, tookMs) =>
      write(`  ${styleText("green", "✓")} ${text.padEnd(64)} ${styleText("dim", `${(tookMs / 1000).toFixed(1)} s`)}`),
    from: (part, text) => write(`  ${styleText("cyan", part.padEnd(8))} │ ${text}`),
    say: (text) => write(text),
  };
}

/** For the log of a command that talks to a person: the message and the reason, nothing around it. */
export const plainLog: DestinationStream = {
  write(line) {
    const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message: string } };
    const text = err === undefined ? msg : `${msg}: ${err.message}`;
    if (level >= 40) console.error(`\n${styleText("red", text)}`);
    else console.log(`\n${text}`);
  },
};

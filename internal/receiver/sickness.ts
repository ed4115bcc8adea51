import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One thing to play. Resolves with whether the answer is given, or never will be. */
export type Sickness = (response: ServerResponse) => boolean | Promise<boolean>;

const bigBytes = 10 * 1024 * 1024;
const dripMs = 250;

/** What a path may ask for; `value` is the segment behind it. A recipe without `needs` takes none. */
const recipes: Record<string, { needs?: RegExp; play(response: ServerResponse, value: string): ReturnType<Sickness> }> =
  {
    status: {
      needs: /^[2-9]\d\d$/,
      play: (response, status) => answer(response, Number(status)),
    },
    "retry-after": {
      needs: /^\d{1,9}$/,
      play(response, seconds) {
        response.setHeader("retry-after", seconds);
        return answer(response, 429);
      },
    },
    slow: {
      needs: /^\d{1,7}$/,
      async play(_response, milliseconds) {
        await sleep(Number(milliseconds), undefined, { ref: false });
        return false;
      },
    },
    flaky: {
      needs: /^(0(\.\d+)?|1(\.0+)?)$/,
      play: (response, probability) => Math.random() < Number(probability) && answer(response, 503),
    },
    hang: { play: () => true },
    reset: {
      play(response) {
        response.socket?.resetAndDestroy();
        return true;
      },
    },
    drip: {
      play(response) {
        response.writeHead(200, { "content-length": 1_000_000 });
        const timer = setInterval(() => response.write("."), dripMs);
        response.once("close", () => clearInterval(timer));
        return true;
      },
    },
    truncate: {
      play(response) {
        response.writeHead(200, { "content-length": 1000 });
        response.write("the rest is missing", () => response.destroy());
        return true;
      },
    },
    big: {
      play(response) {
        response.end(Buffer.alloc(bigBytes, "x"));
        return true;
      },
    },
  };

/** The paths that play sick, for people. */
export const sickPaths =
  "/status/503 /retry-after/30 /slow/5000 /hang /reset /drip /flaky/0.3 /truncate /big, also one after the other: /slow/500/status/503";

/**
 * What a path such as `/slow/500/status/503` asks to play, in this order; undefined for a path that asks for nothing
 * of that kind, or for something that does not exist.
 */
export function sicknessOf(path: string): Sickness[] | undefined {
  const segments = path.split("?", 1)[0]?.split("/").filter(Boolean) ?? [];
  const played: Sickness[] = [];
  while (segments.length > 0) {
    const name = segments.shift() ?? "";
    const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
    const value = recipe?.needs ? (segments.shift() ?? "") : "";
    if (!recipe || (recipe.needs && !recipe.needs.test(value))) return undefined;
    played.push((response) => recipe.play(response, value));
  }
  return played.length > 0 ? played : undefined;
}

/** Plays them until one has answered; false when none did. */
export async function play(sicknesses: Sickness[], response: ServerResponse): Promise<boolean> {
  for (const sickness of sicknesses) if (response.destroyed || (await sickness(response))) return true;
  return false;
}

function answer(response: ServerResponse, status: number): true {
  response.statusCode = status;
  response.end(status === 204 || status === 304 ? undefined : `playing ${status}\n`);
  return true;
}

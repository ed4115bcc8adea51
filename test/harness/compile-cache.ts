import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Goes with `npm ci`; Node keeps each of its versions apart in there, and compiles again what has changed. */
const folder = `${root}node_modules/.cache/sealpost-programs`;
const programs = ["api", "delivery", "controller"];

/**
 * Has the programs' code compiled once a run: half of the processor time of a start is stripping types and compiling, and
 * the tests start hundreds. A program writes what it compiled when it ends by itself, which those of a test seldom do; so
 * each is started here once without settings, which it refuses after all of its modules are loaded.
 */
export async function warmCompileCache(): Promise<void> {
  process.env.NODE_COMPILE_CACHE = folder;
  const env = inheritedEnvironment();
  const runs = programs.map((program) =>
    spawn(process.execPath, [`${root}cmd/${program}.ts`], { env, stdio: "ignore" }),
  );
  await Promise.all(runs.map((run) => once(run, "close")));
}

/** What a program of a test takes over of the test's own environment. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE };
}

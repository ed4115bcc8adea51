import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endWithThisProcess, release } from "../../internal/devstack/guard.ts";
import { inheritedEnvironment } from "./compile-cache.ts";
import { runFolder } from "./temporary.ts";
import { until } from "./wait.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Log lines kept of each child: enough to see how it came to a failure. */
const keptLines = 5_000;

export interface ChildOptions {
  /** Shown before its log lines. */
  name: string;
  /** Below the repository: `cmd/api.ts`. */
  program: string;
  env: Record<string, string>;
  /** `http://127.0.0.1:<port>` that serves /readyz. */
  metrics: string;
  /** For node itself, e.g. `--cpu-prof`. */
  nodeArgs?: string[];
}

/** One of the system's programs, running as a child of the test and ending with it, even when the test is killed. */
export class Child {
  readonly name: string;
  readonly metrics: string;
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<number | NodeJS.Signals> = Promise.resolve(0);
  #lines: string[] = [];

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.metrics = options.metrics;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Everything it wrote since the first start, the last lines of it. */
  output(): string[] {
    return this.#lines;
  }

  /** Starts it, also again, with the same settings and ports; resolves when it says that it is ready. */
  async start(timeoutMs?: number): Promise<void> {
    this.launch();
    await this.ready(timeoutMs);
  }

  /** Starts it without waiting for anything. */
  launch(): void {
    if (this.running) throw new Error(`${this.name} runs already`);
    const { program, env, nodeArgs = [] } = this.#options;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...nodeArgs, root + program], {
      // Not the repository: a developer's .env there is no part of the test.
      cwd: runFolder(),
      env: { ...inheritedEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) endWithThisProcess(pid, "SIGKILL");
    for (const stream of [child.stdout, child.stderr]) this.#keep(stream);
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => this.#lines.push(`cannot be started: ${error.message}`));
      child.once("close", (code, signal) => {
        if (pid !== undefined) release(pid);
        this.#lines.push(`(ended with ${signal ?? code})`);
        resolve(signal ?? code ?? -1);
      });
    });
  }

  /** Resolves when /readyz answers 200. @throws Error with its last lines when it ends before. */
  async ready(timeoutMs = 60_000): Promise<void> {
    const answersReady = async () => {
      if (!this.running) throw new Error(`${this.name} has ended`);
      return (await fetch(`${this.metrics}/readyz`).catch(() => undefined))?.ok;
    };
    try {
      await until(answersReady, { timeoutMs, what: `${this.name} to be ready` });
    } catch (error) {
      throw new Error(`${(error as Error).message}; it says:\n${this.#lines.slice(-20).join("\n")}`, { cause: error });
    }
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** SIGTERM; resolves to its exit code, or the signal that ended it. */
  terminate(): Promise<number | NodeJS.Signals> {
    this.#child?.kill("SIGTERM");
    return this.#ended;
  }

  #keep(stream: NodeJS.ReadableStream | null): void {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
      if (this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines);
    });
  }
}

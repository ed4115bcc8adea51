import { newSecret } from "../signing/secret.ts";
import type { DemoReceiver, Verdict } from "./demo.ts";
import type { StateFolder } from "./state-folder.ts";
import type { Terminal } from "./terminal.ts";

const secretsFile = "secrets.json";
/** Requests whose verdict is remembered: the demonstration waits for one of the latest. */
const remembered = 1000;

/** The receiver of the development stack: what it is told, and what it says. */
export class DevReceiver implements DemoReceiver {
  readonly args = ["--json"];
  readonly env: Record<string, string>;
  readonly #state: StateFolder;
  readonly #terminal: Terminal;
  readonly #verdicts = new Map<string, Verdict>();
  #shown = false;

  constructor(state: StateFolder, port: number, terminal: Terminal) {
    this.#state = state;
    this.#terminal = terminal;
    this.env = { RECEIVER_PORT: String(port), RECEIVER_SECRETS_FILE: state.file(secretsFile) };
    if (state.read(secretsFile) === undefined) state.write(secretsFile, {});
  }

  learn(name: string, secret: string): void {
    this.#state.write(secretsFile, { ...this.#state.read<Record<string, string>>(secretsFile), [name]: secret });
  }

  /** A secret that it knows as "spare", for an endpoint that somebody makes by hand. */
  spareSecret(): string {
    const known = this.#state.read<Record<string, string>>(secretsFile)?.spare;
    if (known !== undefined) return known;
    const secret = newSecret();
    this.learn("spare", secret);
    return secret;
  }

  verdictOn(webhookId: string): Verdict | undefined {
    return this.#verdicts.get(webhookId);
  }

  /** From now on, every request is a line for the person at the terminal. */
  showRequests(): void {
    this.#shown = true;
  }

  /** One line of its output: a verdict as JSON, or something to be shown. */
  onLine(line: string): void {
    const verdict = parseVerdict(line);
    if (!verdict) return this.#terminal.from("receiver", line);
    this.#verdicts.set(verdict.webhookId, verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > remembered && oldest !== undefined) this.#verdicts.delete(oldest);
    if (this.#shown) this.#terminal.from("receiver", verdict.text);
  }
}

function parseVerdict(line: string): Verdict | undefined {
  try {
    return JSON.parse(line) as Verdict;
  } catch {
    return undefined;
  }
}

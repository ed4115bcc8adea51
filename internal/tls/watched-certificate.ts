import type { SecureContextOptions } from "node:tls";
import { type CertificateFiles, readServerCertificate, type ServerCertificate } from "./server-certificate.ts";

/** What a server needs to speak TLS, and to go on with another certificate. */
export interface ServerTls {
  /** What new connections are served with. */
  readonly context: SecureContextOptions;
  /** Whether clients must show a certificate of the authority in `context.ca`. */
  readonly asksClients: boolean;
  /** Calls `listener` with every later context. Connections that are open keep theirs. */
  onChange(listener: (context: SecureContextOptions) => void): void;
}

export interface WatchOptions {
  /** How often the files are read, in ms. A kubelet writes changed secrets within about a minute. */
  pollMs?: number;
  /** The first one, and every one that took its place. */
  onServe(certificate: ServerCertificate): void;
  /** What stands in the files now cannot be served; the one before stays. Once for each content. */
  onBroken(problems: string[]): void;
}

/**
 * A server's certificate that follows its files. Contents are compared, because mounted secrets change by a symbolic
 * link far above the file, which a file watcher does not see.
 */
export class WatchedCertificate implements ServerTls {
  readonly asksClients: boolean;
  readonly #files: CertificateFiles;
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners: ((context: SecureContextOptions) => void)[] = [];
  #served: ServerCertificate;
  /** What was wrong at the last look, and whether it has been said. */
  #broken: { problems: string; said: boolean } | undefined;

  /** @throws Error with everything that is wrong with the files, one a line */
  constructor(files: CertificateFiles, options: WatchOptions) {
    const { certificate, problems } = readServerCertificate(files);
    if (certificate === undefined) throw new Error(problems.join("\n"));
    this.#files = files;
    this.#options = options;
    this.#served = certificate;
    this.asksClients = files.TLS_CLIENT_CA_FILE !== "";
    this.#timer = setInterval(() => this.#look(), options.pollMs ?? 5_000);
    this.#timer.unref();
    options.onServe(certificate);
  }

  get context(): SecureContextOptions {
    return this.#served.context;
  }

  onChange(listener: (context: SecureContextOptions) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { certificate, problems } = readServerCertificate(this.#files);
    if (certificate === undefined) return this.#complain(problems);
    this.#broken = undefined;
    if (same(certificate.context, this.#served.context)) return;
    this.#served = certificate;
    for (const listener of this.#listeners) listener(certificate.context);
    this.#options.onServe(certificate);
  }

  /** Only what is wrong twice in a row is wrong: the first look may have come between the writing of two files. */
  #complain(problems: string[]): void {
    const text = problems.join("\n");
    if (this.#broken?.problems !== text) {
      this.#broken = { problems: text, said: false };
    } else if (!this.#broken.said) {
      this.#broken.said = true;
      this.#options.onBroken(problems);
    }
  }
}

function same(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return (["cert", "key", "ca"] as const).every((part) => String(one[part]) === String(other[part]));
}

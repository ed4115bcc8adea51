import type { SecureContextOptions } from "node:tls";
import { type CertificateFiles, readServerCertificate, type ServerCertificate } from "./server-certificate.ts";
import { WatchedFiles } from "./watched-files.ts";

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
  /** How often the files are read, in ms. */
  pollMs?: number;
  /** The first one, and every one that took its place. */
  onServe(certificate: ServerCertificate): void;
  /** What stands in the files now cannot be served; the one before stays. Once for each content. */
  onBroken(problems: string[]): void;
}

/** A server's certificate that follows its files. */
export class WatchedCertificate implements ServerTls {
  readonly asksClients: boolean;
  readonly #files: WatchedFiles<ServerCertificate>;
  readonly #listeners: ((context: SecureContextOptions) => void)[] = [];

  /** @throws Error with everything that is wrong with the files, one a line */
  constructor(files: CertificateFiles, { pollMs, onServe, onBroken }: WatchOptions) {
    this.#files = new WatchedFiles({
      read() {
        const { certificate, problems } = readServerCertificate(files);
        return problems ? { problems } : { value: certificate };
      },
      same: ({ context: one }, { context: other }) =>
        (["cert", "key", "ca"] as const).every((part) => String(one[part]) === String(other[part])),
      onChange: (certificate) => {
        for (const listener of this.#listeners) listener(certificate.context);
        onServe(certificate);
      },
      onBroken,
      ...(pollMs !== undefined && { pollMs }),
    });
    this.asksClients = files.TLS_CLIENT_CA_FILE !== "";
    onServe(this.#files.value);
  }

  get context(): SecureContextOptions {
    return this.#files.value.context;
  }

  onChange(listener: (context: SecureContextOptions) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    this.#files.stop();
  }
}

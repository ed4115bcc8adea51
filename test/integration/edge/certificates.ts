import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { temporaryFolder } from "../../harness/temporary.ts";

const folder = path.join(import.meta.dirname, "certs");

/** A file of test/integration/edge/certs. */
export function pem(name: string): Buffer {
  return readFileSync(path.join(folder, name));
}

/** A folder as a kubelet mounts a Secret: names lead through one symbolic link, and all change when that one does. */
export class Mount {
  readonly files = { TLS_CERT_FILE: "", TLS_KEY_FILE: "", TLS_CLIENT_CA_FILE: "" };
  readonly #folder = temporaryFolder("mount");
  #version = 0;

  /** @param clients the authority for clients; none: clients need no certificate */
  constructor(server: string, clients?: string) {
    this.write(contents(server, clients));
    const file = (name: string) => path.join(this.#folder, name);
    for (const name of ["tls.crt", "tls.key", "ca.crt"]) symlinkSync(`..data/${name}`, file(name));
    Object.assign(this.files, { TLS_CERT_FILE: file("tls.crt"), TLS_KEY_FILE: file("tls.key") });
    if (clients !== undefined) this.files.TLS_CLIENT_CA_FILE = file("ca.crt");
  }

  change(server: string, clients?: string): void {
    this.write(contents(server, clients));
  }

  /** All files at once, whatever they hold. */
  write(files: Record<string, string | Buffer>): void {
    const version = `..version-${this.#version++}`;
    mkdirSync(path.join(this.#folder, version));
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(this.#folder, version, name), content);
    symlinkSync(version, path.join(this.#folder, "..next"));
    renameSync(path.join(this.#folder, "..next"), path.join(this.#folder, "..data"));
  }
}

function contents(server: string, clients?: string): Record<string, Buffer> {
  const files = { "tls.crt": pem(`${server}.pem`), "tls.key": pem(`${server}.key`) };
  return clients === undefined ? files : { ...files, "ca.crt": pem(`${clients}.pem`) };
}

/** What a client needs to show a certificate. */
export function clientPair(name: string): { cert: Buffer; key: Buffer } {
  return { cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
}

/** Connects and waits until the server has let it in. @throws what TLS or the server's end says against it */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({ host: "127.0.0.1", port, ca: pem("server-ca.pem"), ...options });
  socket.once("error", reject).once("close", () => reject(new Error("closed")));
  // In TLS 1.3 a client hears only after its handshake that its certificate was refused: an answer is the proof.
  socket.once("secureConnect", () => socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  socket.once("data", () => resolve(socket));
  return promise;
}

/** The common name of the certificate that new connections get. */
export async function servedName(port: number, options: ConnectionOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: "127.0.0.1", port, ca: pem("server-ca.pem"), ...options });
  socket.once("error", reject);
  socket.once("secureConnect", () => resolve(String(socket.getPeerCertificate().subject.CN)));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

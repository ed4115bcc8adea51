import { certificatesOf, privateKeyOf, readPem } from "./pem.ts";

/** Where stands what the controller needs to reach the API over TLS; empty: it needs nothing of the kind. */
export interface ClientFiles {
  CONTROLLER_API_CA_FILE: string;
  CONTROLLER_API_CLIENT_CERT_FILE: string;
  CONTROLLER_API_CLIENT_KEY_FILE: string;
}

/** PEM, as it is handed to TLS. */
export interface ClientCertificate {
  /** Undefined: those that Node.js knows. */
  authorities: Buffer | undefined;
  /** What the client shows; undefined: nothing. */
  pair: { cert: Buffer; key: Buffer } | undefined;
}

export type ReadClient =
  | { value: ClientCertificate; problems?: undefined }
  /** Everything that is wrong, each with the setting, the file and what to do. */
  | { value?: undefined; problems: string[] };

/** Reads and checks what a client needs. Never throws for what is in the files. */
export function readClientCertificate(files: ClientFiles, now = new Date()): ReadClient {
  const problems: string[] = [];
  const say = (setting: keyof ClientFiles, what: string) => {
    problems.push(`${setting} ${files[setting]} ${what}`);
  };
  const read = (setting: keyof ClientFiles) =>
    files[setting] ? readPem(files[setting], (what) => say(setting, what)) : undefined;

  const { CONTROLLER_API_CLIENT_CERT_FILE: certFile, CONTROLLER_API_CLIENT_KEY_FILE: keyFile } = files;
  if (!certFile && keyFile)
    problems.push("CONTROLLER_API_CLIENT_KEY_FILE needs CONTROLLER_API_CLIENT_CERT_FILE beside it");
  if (!keyFile && certFile)
    problems.push("CONTROLLER_API_CLIENT_CERT_FILE needs CONTROLLER_API_CLIENT_KEY_FILE beside it");

  const authorities = read("CONTROLLER_API_CA_FILE");
  const cert = read("CONTROLLER_API_CLIENT_CERT_FILE");
  const key = read("CONTROLLER_API_CLIENT_KEY_FILE");
  if (authorities && certificatesOf(authorities).length === 0)
    say("CONTROLLER_API_CA_FILE", "holds no certificate: it must be PEM");
  const [leaf] = cert ? certificatesOf(cert) : [];
  if (cert && leaf === undefined) say("CONTROLLER_API_CLIENT_CERT_FILE", "holds no certificate: it must be PEM");
  const privateKey = key && privateKeyOf(key);
  if (key && privateKey === undefined)
    say("CONTROLLER_API_CLIENT_KEY_FILE", "holds no private key: it must be PEM without a passphrase");
  if (leaf && privateKey && !leaf.checkPrivateKey(privateKey))
    say("CONTROLLER_API_CLIENT_KEY_FILE", "is not the key of the certificate in CONTROLLER_API_CLIENT_CERT_FILE");
  if (leaf && leaf.validToDate <= now)
    say("CONTROLLER_API_CLIENT_CERT_FILE", `expired at ${leaf.validToDate.toISOString()}: renew it`);
  if (problems.length > 0) return { problems };
  return { value: { authorities, pair: cert && key && { cert, key } } };
}

export function sameClient(one: ClientCertificate, other: ClientCertificate): boolean {
  const text = ({ authorities, pair }: ClientCertificate) => [authorities, pair?.cert, pair?.key].join("\n");
  return text(one) === text(other);
}

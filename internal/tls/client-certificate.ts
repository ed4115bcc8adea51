import { certificatesOf, privateKeyOf, readPem } from "./pem.ts";

/** Who calls the API, as its settings begin. */
export type ClientName = "CONTROLLER" | "BOOTSTRAP" | "VERIFY";

/** Where stands what a client needs to reach the API over TLS; empty: it needs nothing of the kind. */
export type ClientFiles<C extends ClientName> = Record<`${C}_API_${"CA" | "CLIENT_CERT" | "CLIENT_KEY"}_FILE`, string>;

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
export function readClientCertificate<C extends ClientName>(
  client: C,
  settings: ClientFiles<C>,
  now = new Date(),
): ReadClient {
  const problems: string[] = [];
  const nameOf = (what: "CA" | "CLIENT_CERT" | "CLIENT_KEY") => `${client}_API_${what}_FILE` as const;
  const fileOf = (what: "CA" | "CLIENT_CERT" | "CLIENT_KEY"): string => settings[nameOf(what)];
  const say = (which: "CA" | "CLIENT_CERT" | "CLIENT_KEY", what: string) => {
    problems.push(`${nameOf(which)} ${fileOf(which)} ${what}`);
  };
  const read = (which: "CA" | "CLIENT_CERT" | "CLIENT_KEY") =>
    fileOf(which) ? readPem(fileOf(which), (what) => say(which, what)) : undefined;

  const [certFile, keyFile] = [fileOf("CLIENT_CERT"), fileOf("CLIENT_KEY")];
  if (!certFile && keyFile) problems.push(`${nameOf("CLIENT_KEY")} needs ${nameOf("CLIENT_CERT")} beside it`);
  if (!keyFile && certFile) problems.push(`${nameOf("CLIENT_CERT")} needs ${nameOf("CLIENT_KEY")} beside it`);

  const [authorities, cert, key] = [read("CA"), read("CLIENT_CERT"), read("CLIENT_KEY")];
  if (authorities && certificatesOf(authorities).length === 0) say("CA", "holds no certificate: it must be PEM");
  const [leaf] = cert ? certificatesOf(cert) : [];
  if (cert && leaf === undefined) say("CLIENT_CERT", "holds no certificate: it must be PEM");
  const privateKey = key && privateKeyOf(key);
  if (key && privateKey === undefined) say("CLIENT_KEY", "holds no private key: it must be PEM without a passphrase");
  if (leaf && privateKey && !leaf.checkPrivateKey(privateKey))
    say("CLIENT_KEY", `is not the key of the certificate in ${nameOf("CLIENT_CERT")}`);
  if (leaf && leaf.validToDate <= now) say("CLIENT_CERT", `expired at ${leaf.validToDate.toISOString()}: renew it`);
  if (problems.length > 0) return { problems };
  return { value: { authorities, pair: cert && key && { cert, key } } };
}

/** For a client that is done before a file changes. @throws Error with everything that is wrong */
export function clientCertificate<C extends ClientName>(client: C, settings: ClientFiles<C>): ClientCertificate {
  const { value, problems } = readClientCertificate(client, settings);
  if (value) return value;
  throw new Error(problems.join("; "));
}

export function sameClient(one: ClientCertificate, other: ClientCertificate): boolean {
  const text = ({ authorities, pair }: ClientCertificate) => [authorities, pair?.cert, pair?.key].join("\n");
  return text(one) === text(other);
}

import { createSecureContext, type SecureContextOptions } from "node:tls";
import { certificatesOf, privateKeyOf, readPem } from "./pem.ts";

/** Where a server's certificate stands; no client authority means that clients need no certificate. */
export interface CertificateFiles {
  TLS_CERT_FILE: string;
  TLS_KEY_FILE: string;
  TLS_CLIENT_CA_FILE: string;
}

/** A certificate that a server can serve. */
export interface ServerCertificate {
  /** For node:tls and everything on top of it; nothing below TLS 1.2 (RFC 8996). */
  context: SecureContextOptions;
  /** When it, or the first of its chain, ends. */
  notAfter: Date;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` shows it. */
  fingerprint: string;
}

export type ReadCertificate =
  | { certificate: ServerCertificate; problems?: undefined }
  /** Everything that is wrong, each with the setting, the file and what to do. */
  | { certificate?: undefined; problems: string[] };

/** Reads and checks a server's certificate, key and client authority. Never throws for what is in the files. */
export function readServerCertificate(files: CertificateFiles, now = new Date()): ReadCertificate {
  const problems: string[] = [];
  const say = (setting: keyof CertificateFiles, what: string) => {
    problems.push(`${setting} ${files[setting]} ${what}`);
  };
  const read = (setting: keyof CertificateFiles) => readPem(files[setting], (what) => say(setting, what));

  const cert = read("TLS_CERT_FILE");
  const key = read("TLS_KEY_FILE");
  const ca = files.TLS_CLIENT_CA_FILE === "" ? undefined : read("TLS_CLIENT_CA_FILE");

  const chain = cert && certificatesOf(cert);
  const leaf = chain?.[0];
  if (cert && leaf === undefined) say("TLS_CERT_FILE", "holds no certificate: it must be PEM, the server's own first");
  const privateKey = key && privateKeyOf(key);
  if (key && privateKey === undefined) say("TLS_KEY_FILE", "holds no private key: it must be PEM without a passphrase");
  if (leaf && privateKey && !leaf.checkPrivateKey(privateKey)) {
    say("TLS_KEY_FILE", "is not the key of the certificate in TLS_CERT_FILE");
  }
  const notAfter = chain && new Date(Math.min(...chain.map((one) => one.validToDate.getTime())));
  if (leaf && notAfter && notAfter <= now) say("TLS_CERT_FILE", `expired at ${notAfter.toISOString()}: renew it`);
  if (leaf && leaf.validFromDate > now) {
    say(
      "TLS_CERT_FILE",
      `is not valid before ${leaf.validFromDate.toISOString()}: wait, or look at this machine's clock`,
    );
  }
  const authorities = ca && certificatesOf(ca);
  if (ca && (!authorities?.length || authorities.some((one) => !one.ca))) {
    say("TLS_CLIENT_CA_FILE", "must hold certificates of authorities in PEM, and nothing else");
  }
  if (problems.length > 0 || leaf === undefined || notAfter === undefined) return { problems };

  const context: SecureContextOptions = { cert, key, ...(ca && { ca }), minVersion: "TLSv1.2" };
  try {
    createSecureContext(context);
  } catch (error) {
    say("TLS_CERT_FILE", `cannot be served: ${(error as Error).message}`);
    return { problems };
  }
  return { certificate: { context, notAfter, fingerprint: leaf.fingerprint256 } };
}

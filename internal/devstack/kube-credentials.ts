import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface KubeCredentials {
  /** Where the API server writes its own certificate, with the authority that signed it, when it starts the first time. */
  certificate: string;
  /** Users by their bearer token, in the form of `--token-auth-file`. */
  tokens: string;
  /** The key under which tokens of service accounts are signed. */
  serviceAccountKey: string;
  serviceAccountPublicKey: string;
  /** May do everything (group system:masters). */
  adminToken: string;
}

/** The keys of an API server in `folder`, made the first time, for this user's eyes only. */
export function kubeCredentials(folder: string): KubeCredentials {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => path.join(folder, name);
  const tokens = file("tokens.csv");
  const serviceAccountKey = file("sa.key");
  const serviceAccountPublicKey = file("sa.pub");
  if (!existsSync(tokens)) {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const secret = { mode: 0o600 };
    writeFileSync(serviceAccountKey, privateKey.export({ type: "pkcs8", format: "pem" }), secret);
    writeFileSync(serviceAccountPublicKey, publicKey.export({ type: "spki", format: "pem" }), secret);
    // Written last: its presence says that the others are whole.
    writeFileSync(tokens, `${randomBytes(24).toString("hex")},admin,admin,"system:masters"\n`, secret);
  }
  const adminToken = readFileSync(tokens, "utf8").split(",", 1)[0] ?? "";
  return { certificate: file("apiserver.crt"), tokens, serviceAccountKey, serviceAccountPublicKey, adminToken };
}

/** A kubeconfig for one user of one API server. `authority`: PEM of what signed its certificate. */
export function kubeconfig(options: { server: string; authority: string; user: string; token: string }): string {
  const { server, authority, user, token } = options;
  const name = "sealpost";
  const data = Buffer.from(authority).toString("base64");
  // JSON is YAML, and nothing in it needs quoting rules.
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": data } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name, context: { cluster: name, user } }],
      "current-context": name,
    },
    null,
    2,
  )}\n`;
}

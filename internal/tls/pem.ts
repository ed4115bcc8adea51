import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** What a file holds; when it cannot be read, `say` is told why and what to do. */
export function readPem(file: string, say: (what: string) => void): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    say(code === "ENOENT" ? "does not exist" : `cannot be read (${code}): mind its permissions`);
    return undefined;
  }
}

/** None when one of them cannot be read. */
export function certificatesOf(pem: Buffer): X509Certificate[] {
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

/** Undefined when there is none, or one with a passphrase. */
export function privateKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Verifier, verifierOf } from "../../internal/receiver/verifier.ts";
import { newSecretFor, publicKeyOf } from "../../internal/signing/signing-key.ts";
import { type Client, client } from "../harness/client.ts";
import { inheritedEnvironment } from "../harness/compile-cache.ts";
import { runFolder, temporaryFolder } from "../harness/temporary.ts";
import type { Random } from "./random.ts";

/** A key that a receiver holds, and until when (ms since the epoch). */
interface HeldKey {
  verifier: Verifier;
  until: number;
}

export interface Rotations {
  rotations: number;
  rekeys: number;
  /** Runs of rekey that were killed in the middle. */
  rekeysKilled: number;
}

/** How long an old secret signs on, and how long a receiver keeps it beyond that for what is under way, ms. */
const overlapMs = 8_000;
const underWayMs = 15_000;
/** How long every process may take to follow the file of keys, ms. */
const followMs = 3_000;

/**
 * Rotates the endpoints' secrets and the keys that wrap them while everything is killed. It acts as a careful owner: a
 * receiver holds the new secret before the API is asked to use it, and lets go of the old one after its promised end.
 */
export class Rotator {
  readonly keysFile = join(temporaryFolder("keys"), "keys");
  readonly #keys = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
  readonly #held = new Map<string, HeldKey[]>();
  readonly #random: Random;
  readonly #done: Rotations = { rotations: 0, rekeys: 0, rekeysKilled: 0 };
  #running = true;
  #loops: Promise<void>[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#writeKeys();
  }

  /** A secret for a new endpoint, which its receiver holds from now on. */
  firstSecret(endpoint: string): string {
    const secret = newSecretFor("HMAC_SHA256");
    this.#hold(endpoint, secret);
    return secret;
  }

  start(options: { http: string; key: string; databaseUrl: string; ids: Map<string, string> }): void {
    const api = client(options.http, options.key);
    this.#loops = [
      ...[...options.ids].map(([endpoint, id]) => this.#rotateOn(api, endpoint, id)),
      this.#rekeyOn(options.databaseUrl),
    ];
    // What goes wrong is told by stop, and ends the others.
    for (const loop of this.#loops) {
      loop.catch(() => {
        this.#running = false;
      });
    }
  }

  /** Resolves when nothing is under way and everything is wrapped with the last key. @throws when that cannot be done. */
  async stop(): Promise<Rotations> {
    this.#running = false;
    await Promise.all(this.#loops);
    return this.#done;
  }

  /** Whether a receiver would take the request, with what it holds when the request is here. */
  verifies(endpoint: string, headers: Record<string, string>, body: string, receivedAt: number): boolean {
    const held = (this.#held.get(endpoint) ?? []).filter(({ until }) => receivedAt < until);
    this.#held.set(endpoint, held);
    return held.some(({ verifier }) => {
      try {
        verifier.verify(body, headers);
        return true;
      } catch {
        return false;
      }
    });
  }

  #hold(endpoint: string, secret: string): HeldKey {
    const key = { verifier: verifierOf(endpoint, publicKeyOf(secret) ?? secret), until: Number.POSITIVE_INFINITY };
    this.#held.set(endpoint, [...(this.#held.get(endpoint) ?? []), key]);
    return key;
  }

  async #rotateOn(api: Client, endpoint: string, id: string): Promise<void> {
    while (this.#running) {
      const secret = newSecretFor(this.#random.one(["HMAC_SHA256", "ED25519"]));
      const before = this.#held.get(endpoint)?.at(-1);
      this.#hold(endpoint, secret);
      const body = { secret, overlap: `${overlapMs / 1000}s` };
      // The same value until it is answered: an answer that did not come may have been a rotation.
      for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 2_000)) {
        const answer = await api.post(`/v1/webhooks/${id}/rotate-secret`, body).catch(() => undefined);
        if (answer?.status === 200) break;
        if (answer && answer.status < 500 && answer.status !== 429) throw new Error(`no rotation: ${answer.text}`);
        await sleep(waitMs);
      }
      if (before) before.until = Date.now() + overlapMs + underWayMs;
      this.#done.rotations++;
      await sleep(this.#random.between(overlapMs, 2 * overlapMs));
    }
  }

  async #rekeyOn(databaseUrl: string): Promise<void> {
    while (true) {
      const last = !this.#running;
      this.#keys.reverse();
      this.#writeKeys();
      await sleep(followMs);
      while (!(await this.#rekey(databaseUrl, !last && this.#random.next() < 0.3))) await sleep(500);
      this.#done.rekeys++;
      if (last) return;
    }
  }

  /** One run of npm run rekey; false: it was killed, or Postgres was away, and is to be run again. */
  async #rekey(databaseUrl: string, kill: boolean): Promise<boolean> {
    const program = fileURLToPath(new URL("../../cmd/rekey.ts", import.meta.url));
    const child = spawn(process.execPath, [program], {
      cwd: runFolder(),
      env: { ...inheritedEnvironment(), DATABASE_URL: databaseUrl, WEBHOOK_SECRET_KEYS_FILE: this.keysFile },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
    const killed = kill && setTimeout(() => child.kill("SIGKILL"), this.#random.between(200, 600));
    const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
    if (killed) clearTimeout(killed);
    if (output.includes("cannot be opened")) throw new Error(`rekey lost a secret: ${output}`);
    if (code === null) this.#done.rekeysKilled++;
    return code === 0;
  }

  #writeKeys(): void {
    writeFileSync(this.keysFile, `${this.#keys.join("\n")}\n`, { mode: 0o600 });
  }
}

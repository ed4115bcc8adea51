import path from "node:path";
import { type NativeServer, startNativeServer } from "./native-server.ts";

export interface EtcdOptions {
  program: string;
  /** Made when it is missing; holds `etcd/` and `etcd.log`. */
  folder: string;
  port: number;
  /** etcd wants a second port, for the other members that it does not have. */
  peerPort: number;
}

export interface Etcd extends NativeServer {
  readonly url: string;
  /** Forgets all revisions but the last: whoever watches or pages from an earlier one is told so (410 Gone). */
  compact(): Promise<void>;
}

/** A start takes 0.3 s; the rest is for a busy machine. */
const startTimeoutMs = 60_000;

/** Starts an etcd on 127.0.0.1. A power failure of the machine may lose its last writes. */
export async function startEtcd({ program, folder, port, peerPort }: EtcdOptions): Promise<Etcd> {
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const settings = {
    "data-dir": path.join(folder, "etcd"),
    "listen-client-urls": url,
    "advertise-client-urls": url,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `default=${peer}`,
    "log-level": "warn",
  };
  const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const server = await startNativeServer({
    name: "etcd",
    command: {
      program,
      args: [...flags, "--unsafe-no-fsync"],
      logFile: path.join(folder, "etcd.log"),
      stopSignal: "SIGTERM",
    },
    isReady: async () => {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      return answer !== undefined && (await answer.text()).includes('"health":"true"');
    },
    timeoutMs: startTimeoutMs,
  });

  async function call<T>(method: string, body: object): Promise<T> {
    const answer = await fetch(`${url}/v3/${method}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answers ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  return Object.assign(server, {
    url,
    async compact() {
      const { header } = await call<{ header: { revision: string } }>("maintenance/status", {});
      await call("kv/compaction", { revision: header.revision, physical: true });
    },
  });
}

import type { StateFolder } from "./state-folder.ts";

/** What scripts read to find the running stack: .dev/stack.json, with exactly these keys. */
export interface StackFile {
  /** Base address of the HTTP API. */
  http: string;
  /** `host:port` of the gRPC API. */
  grpc: string;
  receiver: string;
  natsUrl: string;
  /** The folder of the nats-server's store. */
  natsStore: string;
  databaseUrl: string;
  /** Where each process serves its metrics. */
  metrics: { api: string; delivery: string };
  region: string;
  companyId: string;
  companyKey: string;
  workspaceId: string;
  workspaceKey: string;
  projectId: string;
  adminKey: string;
  pids: { api: number; delivery: number; receiver: number; postgres: number; nats: number } & Partial<KubePids>;
  /** With --kube: a file for kubectl. */
  kubeconfig?: string;
}

interface KubePids {
  controller: number;
  etcd: number;
  kubeApiServer: number;
  kubeControllers: number;
}

const file = "stack.json";

export function writeStackFile(state: StateFolder, content: StackFile): void {
  state.write(file, content);
}

/** Processes of an earlier run that was killed may still be ending: their ports are free after that. */
export async function untilEarlierRunEnded(state: StateFolder, timeoutMs: number): Promise<void> {
  const pids = Object.values(state.read<StackFile>(file)?.pids ?? {});
  const deadline = Date.now() + timeoutMs;
  while (pids.some(isAlive) && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, 50));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

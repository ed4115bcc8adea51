import { writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { freePort } from "../../internal/devstack/free-port.ts";
import { startNativeServer } from "../../internal/devstack/native-server.ts";
import { prometheusPrograms } from "./describe-prometheus.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Sample {
  metric: Record<string, string>;
  /** Seconds since 1970, and the number as text. */
  value: [number, string];
}

export interface Prometheus {
  /** One endpoint of its HTTP API, `data` of the answer. @throws Error with what Prometheus says is wrong. */
  api<T>(path: string, parameters?: Record<string, string>): Promise<T>;
  /** An instant query. */
  query(expression: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** A real Prometheus that scrapes every second; `jobs` are addresses by job. */
export async function startPrometheus(jobs: Record<string, string[]>, rules: string): Promise<Prometheus> {
  const folder = temporaryFolder("prometheus");
  const port = await freePort();
  const configFile = path.join(folder, "prometheus.yaml");
  writeFileSync(
    configFile,
    stringify({
      global: { scrape_interval: "1s", evaluation_interval: "2s" },
      rule_files: [rules],
      scrape_configs: Object.entries(jobs).map(([job_name, targets]) => ({ job_name, static_configs: [{ targets }] })),
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  const server = await startNativeServer({
    name: "prometheus",
    command: {
      program: prometheusPrograms().prometheus,
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${path.join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      logFile: path.join(folder, "log"),
      stopSignal: "SIGTERM",
    },
    isReady: async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false,
    timeoutMs: 60_000,
  });

  async function api<T>(endpoint: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${url}/api/v1/${endpoint}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== "success") throw new Error(`${answer.error}: ${parameters.query ?? endpoint}`);
    return answer.data;
  }
  return {
    api,
    query: async (query) => (await api<{ result: Sample[] }>("query", { query })).result,
    stop: () => server.stop(),
  };
}

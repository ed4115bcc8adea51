import type { Settings } from "../config/read.ts";
import { freePort } from "./free-port.ts";
import { claimPorts } from "./ports.ts";

export const portSettings = [
  "POSTGRES_PORT",
  "NATS_PORT",
  "GRPC_PORT",
  "HTTP_PORT",
  "RECEIVER_PORT",
  "METRICS_PORT",
] as const;

export interface DevPorts {
  postgres: number;
  nats: number;
  grpc: number;
  http: number;
  receiver: number;
  apiMetrics: number;
  deliveryMetrics: number;
}

/** All ports of the development stack. @throws Error that names each that is taken, and the variable that changes it. */
export async function claimDevPorts(settings: Settings<(typeof portSettings)[number]>): Promise<DevPorts> {
  const metrics = settings.METRICS_PORT;
  const asked: [number, string, string][] = [
    [settings.POSTGRES_PORT, "POSTGRES_PORT", "Postgres"],
    [settings.NATS_PORT, "NATS_PORT", "NATS"],
    [settings.GRPC_PORT, "GRPC_PORT", "the API over gRPC"],
    [settings.HTTP_PORT, "HTTP_PORT", "the API over HTTP"],
    [settings.RECEIVER_PORT, "RECEIVER_PORT", "the receiver"],
    [metrics, "METRICS_PORT", "metrics of the api"],
    [metrics === 0 ? 0 : metrics + 1, "METRICS_PORT", "metrics of the delivery process, one above those of the api"],
  ];
  const ports = await claimPorts(asked.map(([port, variable, what]) => ({ port, variable, what })));
  const [postgres, nats, grpc, http, receiver, apiMetrics, deliveryMetrics] = ports as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { postgres, nats, grpc, http, receiver, apiMetrics, deliveryMetrics };
}

export const kubePortSettings = ["KUBE_PORT", "METRICS_PORT"] as const;

export interface KubePorts {
  kubeApi: number;
  controllerMetrics: number;
  etcd: number;
  etcdPeer: number;
}

/** The ports that `--kube` adds. @throws as claimDevPorts */
export async function claimKubePorts(settings: Settings<(typeof kubePortSettings)[number]>): Promise<KubePorts> {
  const metrics = settings.METRICS_PORT;
  const what = "metrics of the controller, two above those of the api";
  const [kubeApi, controllerMetrics] = (await claimPorts([
    { port: settings.KUBE_PORT, variable: "KUBE_PORT", what: "the Kubernetes API server" },
    { port: metrics === 0 ? 0 : metrics + 2, variable: "METRICS_PORT", what },
  ])) as [number, number];
  // Nobody but the API server asks etcd.
  return { kubeApi, controllerMetrics, etcd: await freePort(), etcdPeer: await freePort() };
}

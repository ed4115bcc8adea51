import { readFileSync } from "node:fs";
import type { KubeObject } from "../harness/cluster.ts";

export const image = "localhost/sealpost:test";

/** What a namespace under Pod Security `restricted` asks of every pod. */
const podSecurity = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

export interface PodOptions {
  args?: string[];
  command?: string[];
  env?: object[];
  /** `name: file`, from the ConfigMap of the pod's name. */
  mountPath?: string;
  more?: object;
}

/** A pod's spec with one container of the product's image. */
export function podSpec(name: string, { args, command, env = [], mountPath, more = {} }: PodOptions): object {
  return {
    securityContext: podSecurity,
    automountServiceAccountToken: false,
    // Its program ends at once, or says why it does not.
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        name,
        image,
        imagePullPolicy: "Never",
        ...(args && { args }),
        ...(command && { command }),
        env,
        securityContext: containerSecurity,
        ...(mountPath && { volumeMounts: [{ name: "files", mountPath, readOnly: true }] }),
        ...more,
      },
    ],
    ...(mountPath && { volumes: [{ name: "files", configMap: { name } }] }),
  };
}

export function namespace(name: string, labels: object = {}): KubeObject {
  const level = "restricted";
  const security = { "pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/warn": level };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ...security, ...labels } } };
}

/** A receiver of one's own with the endpoint's generated secret, as docs/kubernetes.md has it. */
export function receiver(namespace: string, name: string): KubeObject[] {
  const labels = { app: name };
  const env = [
    { name: "WEBHOOK_SECRET", valueFrom: { secretKeyRef: { name: `${name}-signing`, key: "secret" } } },
    { name: "RECEIVER_SECRETS", value: `${name}=$(WEBHOOK_SECRET)` },
  ];
  const more = { ports: [{ containerPort: 3001 }], readinessProbe: { tcpSocket: { port: 3001 }, periodSeconds: 1 } };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: podSpec(name, { args: ["receiver", "--json", "--strict"], env, more }),
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 3001 }] },
    },
  ];
}

export function webhookEndpoint(namespace: string, name: string, events: string[]): KubeObject {
  return {
    apiVersion: "sealpost.dev/v1alpha1",
    kind: "WebhookEndpoint",
    metadata: { name, namespace },
    spec: { url: `http://${name}.${namespace}.svc.cluster.local/hooks`, events },
  };
}

export interface LoadOptions {
  namespace: string;
  name: string;
  /** `host:port` of gRPC. */
  api: string;
  key: string;
  eventType: string;
  /** Until it is told to stop when left out. */
  events?: number;
}

/** A pod that publishes (load.ts). */
export function load({ namespace, name, api, key, eventType, events }: LoadOptions): KubeObject[] {
  const program = readFileSync(new URL("./load.ts", import.meta.url), "utf8");
  const settings = {
    SEALPOST_GRPC: api,
    SEALPOST_KEY: key,
    EVENT_TYPE: eventType,
    ...(events && { EVENTS: `${events}` }),
  };
  const env = Object.entries(settings).map(([name, value]) => ({ name, value }));
  // Below /app, so that it finds the image's packages.
  const mountPath = "/app/load";
  const spec = podSpec(name, { command: ["/usr/local/bin/node"], args: [`${mountPath}/load.ts`], env, mountPath });
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { "load.ts": program } },
    { apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec: { ...spec, restartPolicy: "Never" } },
  ];
}

/** A NATS with JetStream, as somebody else runs it. */
export function nats(namespace: string, name: string): KubeObject[] {
  const labels = { app: name };
  const container = {
    name: "nats",
    image: "localhost/nats:2",
    imagePullPolicy: "Never",
    args: ["--jetstream", "--store_dir=/data"],
    securityContext: containerSecurity,
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  };
  const spec = {
    securityContext: { ...podSecurity, fsGroup: 1000 },
    containers: [container],
    volumes: [{ name: "data", emptyDir: {} }],
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 4222 }] },
    },
  ];
}

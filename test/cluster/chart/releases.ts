import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { chartFolder } from "../../harness/chart.ts";

const file = (name: string) => parse(readFileSync(path.join(chartFolder, name), "utf8")) as object;

/** What an external Postgres and NATS take, and nothing else. */
export const production = {
  region: "us",
  postgres: { existingSecret: "postgres" },
  nats: { regions: { us: ["tls://nats-0.us.example.com:4222", "tls://nats-1.us.example.com:4222"] } },
  encryption: { existingSecret: "encryption" },
  pepper: { existingSecret: "pepper" },
  admin: { existingSecret: "admin" },
  api: { tls: { existingSecret: "tls" } },
  controller: { existingSecret: "controller" },
};

const pods = {
  podAnnotations: { "example.com/team": "webhooks" },
  podLabels: { team: "webhooks" },
  extraEnv: [{ name: "OTEL_RESOURCE_ATTRIBUTES", value: "team=webhooks" }],
  extraVolumes: [{ name: "more", emptyDir: {} }],
  extraVolumeMounts: [{ name: "more", mountPath: "/more" }],
  nodeSelector: { "kubernetes.io/arch": "amd64" },
  tolerations: [{ key: "dedicated", operator: "Equal", value: "webhooks", effect: "NoSchedule" }],
  affinity: { podAntiAffinity: {} },
  topologySpreadConstraints: [
    { maxSkew: 2, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
  ],
  priorityClassName: "system-cluster-critical",
  serviceAccount: { create: true, name: "", annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/kms" } },
};

/** Releases as people install them, by what they are. */
export const releases: Record<string, object> = {
  "a trial": { region: "us", trial: { enabled: true } },
  "a trial with volumes and a second region": {
    region: "us",
    // A user as OpenShift gives them: more than Helm shows without an exponent.
    trial: { enabled: true, persistence: { enabled: true, storageClass: "fast" }, nats: { runAsUser: 1_000_660_000 } },
    nats: { regions: { eu: ["nats://sealpost-nats:4222"] } },
  },
  production,
  "everything that can be switched on": {
    ...production,
    commonLabels: { team: "webhooks" },
    imagePullSecrets: [{ name: "pull" }],
    image: { digest: `sha256:${"a".repeat(64)}` },
    config: {
      RETENTION: "14d",
      DATABASE_POOL_SIZE: 20,
      DELIVERY_TRACE_CONTEXT: true,
      NATS_REPLICAS: 3,
      STREAM_MAX_PER_ENDPOINT: 10_000_000,
      GRPC_REFLECTION: false,
    },
    postgres: {
      existingSecret: "postgres",
      tlsSecret: "postgres-tls",
      appRole: "sealpost_app",
      owner: { existingSecret: "postgres-owner" },
    },
    nats: { existingSecret: "nats", credentials: { existingSecret: "nats-creds" } },
    trustedCA: { existingSecret: "authorities" },
    egress: {
      denyCIDRs: ["198.18.0.0/16", "2a00:1450::/32", "203.0.115.1"],
      proxy: { existingSecret: "proxy" },
      noProxy: ["svc.cluster.local"],
    },
    tracing: {
      endpoint: "http://otel-collector.observability.svc:4318",
      sampler: "parentbased_traceidratio",
      samplerArg: 0.05,
    },
    api: {
      ...pods,
      autoscaling: { enabled: true },
      tls: { existingSecret: "tls", clientCASecret: "client-ca", privateCA: true },
      trustedProxies: ["10.0.0.0/8"],
      service: { type: "LoadBalancer", externalTrafficPolicy: "Local", loadBalancerSourceRanges: ["203.0.113.0/24"] },
    },
    delivery: { ...pods, keda: { enabled: true, natsMonitoringEndpoint: "nats.nats.svc:8222" } },
    controller: {
      ...pods,
      replicas: 2,
      existingSecret: "controller",
      clientCertSecret: "controller-tls",
      namespaces: ["default", "kube-public"],
    },
    networkPolicy: {
      api: { from: [{ namespaceSelector: {} }] },
      metrics: { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }] },
      delivery: {
        except: ["203.0.114.0/24"],
        ports: [443],
        extraEgress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 3128 }] }],
      },
      postgres: { to: [{ ipBlock: { cidr: "10.1.0.0/16" } }] },
    },
    monitoring: {
      podMonitor: { enabled: true, labels: { release: "prometheus" } },
      prometheusRule: { enabled: true, runbookBase: "https://wiki.example.com/sealpost/" },
      dashboards: { enabled: true, annotations: { grafana_folder: "Sealpost" } },
    },
    test: { keysSecret: "keys", receiverUrl: "https://receiver.example.com" },
    extraObjects: [
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-extra'}",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "more" } },
    ],
  },
  "names that YAML would not read as names": {
    ...production,
    region: "no",
    postgres: { existingSecret: "1234" },
    nats: { regions: { no: ["tls://nats.no.example.com:4222"] } },
    pepper: { existingSecret: "0x10" },
    api: { tls: { existingSecret: "5" } },
    controller: { existingSecret: "6", existingSecretKey: "7" },
    priorityClassName: "8",
    nameOverride: "9",
  },
  "values-us.yaml": file("values-us.yaml"),
  "values-eu.yaml": file("values-eu.yaml"),
  "the api alone": { ...production, delivery: { enabled: false }, controller: { enabled: false } },
  "a region's deliveries alone, behind an HPA": {
    region: "eu",
    postgres: { existingSecret: "postgres" },
    nats: { regions: { eu: ["tls://nats.eu.example.com:4222"] } },
    encryption: { existingSecret: "encryption" },
    api: { enabled: false },
    controller: { enabled: false },
    delivery: { autoscaling: { enabled: true, maxReplicas: 30 } },
    monitoring: { serviceMonitor: { enabled: true } },
  },
  "the controller alone": {
    region: "us",
    api: { enabled: false },
    delivery: { enabled: false },
    controller: {
      existingSecret: "controller",
      apiUrl: "https://sealpost.example.com:50051",
      apiCASecret: "api-ca",
      clusterName: "edge-1",
    },
  },
  "keys in Vault, a certificate from cert-manager, and a first company": {
    ...production,
    api: {
      tls: {
        certManager: { enabled: true, issuerRef: { name: "internal" } },
        clientCASecret: "client-ca",
        privateCA: true,
      },
    },
    encryption: {
      provider: "vault",
      existingSecret: "encryption",
      vault: { address: "https://vault.example.com:8200", transitKey: "sealpost", existingSecret: "vault" },
    },
    controller: { clientCertSecret: "controller-tls" },
    bootstrap: { enabled: true },
  },
  "keys in AWS KMS, plain text behind a mesh, keys that the chart makes": {
    ...production,
    generateSecrets: true,
    encryption: { provider: "aws-kms", awsKms: { keyId: "alias/sealpost" } },
    pepper: {},
    admin: {},
    api: { allowPlaintext: true },
  },
};

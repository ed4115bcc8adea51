import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { KubeObject } from "../../harness/cluster.ts";
import { temporaryFolder } from "../../harness/temporary.ts";

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string }; fieldRef?: { fieldPath: string } };
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: Variable[];
  volumeMounts?: { name: string; mountPath: string }[];
}

interface Volume {
  name: string;
  secret?: { secretName: string; items?: { key: string; path: string }[] };
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
}

/** What a Secret has under a key. */
export type SecretValue = (secret: string, key: string) => string;

/** Every pod of a release, those of its Deployments, Jobs and the like. */
export function podsOf(objects: KubeObject[]): PodSpec[] {
  return objects.flatMap((object) => {
    const spec = object["spec"] as Record<string, { spec?: unknown; template?: unknown }> | undefined;
    if (object.kind === "Pod") return [spec as unknown as PodSpec];
    const within = object.kind === "CronJob" ? (spec?.["jobTemplate"]?.spec as typeof spec) : spec;
    const pod = within?.["template"]?.spec as PodSpec | undefined;
    return pod ? [pod] : [];
  });
}

/** The environment of a container as a node makes it, its files in a folder of this machine. */
export function environmentOf(pod: PodSpec, container: Container, valueOf: SecretValue): Record<string, string> {
  const root = temporaryFolder("pod");
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const secret = pod.volumes?.find((volume) => volume.name === name)?.secret;
    const folder = path.join(root, mountPath);
    mkdirSync(folder, { recursive: true });
    const files = secret?.items ?? ["ca.crt", "tls.crt", "tls.key"].map((key) => ({ key, path: key }));
    for (const file of secret ? files : [])
      writeFileSync(path.join(folder, file.path), valueOf(secret?.secretName ?? "", file.key));
  }
  const entries = (container.env ?? []).map(({ name, value, valueFrom }): [string, string] => {
    const ref = valueFrom?.secretKeyRef;
    const text = ref ? valueOf(ref.name, ref.key) : (value ?? `field-${randomBytes(4).toString("hex")}`);
    return [name, text.replaceAll("/etc/sealpost/", `${root}/etc/sealpost/`)];
  });
  return Object.fromEntries(entries);
}

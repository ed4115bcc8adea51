import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "./cluster.ts";
import { runHelm } from "./helm.ts";

export const chartFolder = fileURLToPath(new URL("../../charts/sealpost", import.meta.url));

export interface Rendered {
  /** In the order in which Helm installs them, hooks last. */
  objects: KubeObject[];
}

/** `helm template` with these values, for a release of this name. @throws Error with helm's complaint. */
export async function renderChart(values: object, release = "sealpost", namespace = "default"): Promise<Rendered> {
  const args = ["template", release, chartFolder, "--namespace", namespace, "--values", "-"];
  const { code, stdout, stderr } = await runHelm(args, { stdin: JSON.stringify(values) });
  if (code !== 0) throw new Error(stderr);
  const documents = parseAllDocuments(stdout).map((document) => document.toJSON() as KubeObject | null);
  return { objects: documents.filter((object) => object !== null) };
}

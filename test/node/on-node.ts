import { execFile } from "node:child_process";
import path from "node:path";
import type { KubeObject } from "../harness/cluster.ts";
import type { Ran } from "../harness/kubectl.ts";
import { home } from "./single-node.ts";

/** In ms; helm's own limits are shorter. */
const patienceMs = 240_000;

/** Runs a program in the node's network, with cluster DNS and as its administrator, whatever its exit code. */
export function onNode(program: string, args: string[], stdin = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { timeout: patienceMs, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(path.join(home(), "in.sh"), [program, ...args], options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ stdout, stderr, code });
      else reject(new Error(`${program} ${args.join(" ")}: ${error?.message}\n${stdout}\n${stderr}`, { cause: error }));
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}

async function orThrow(program: string, args: string[], stdin?: string): Promise<Ran> {
  const ran = await onNode(program, args, stdin);
  if (ran.code !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with ${ran.code}: ${ran.stderr}\n${ran.stdout}`);
  return ran;
}

/** What kubectl prints. @throws Error with its complaint. */
export async function kubectl(...args: string[]): Promise<string> {
  return (await orThrow("kubectl", args)).stdout;
}

/** @throws Error with helm's complaint. */
export function helm(...args: string[]): Promise<Ran> {
  return orThrow("helm", args);
}

/** Server-side apply. @throws Error with the API server's refusal, or its warnings. */
export async function apply(...objects: KubeObject[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  const { stderr } = await orThrow("kubectl", ["apply", "--server-side", "-f", "-"], JSON.stringify(list));
  if (stderr !== "") throw new Error(`applied with warnings: ${stderr}`);
}

/** `kubectl get <args> -o json`. */
export async function get<T = KubeObject>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl("get", ...args, "-o", "json")) as T;
}

/** A value of a Secret. */
export async function secret(namespace: string, name: string, key: string): Promise<string> {
  const { data } = await get<KubeObject & { data: Record<string, string> }>("secret", name, "-n", namespace);
  return Buffer.from(data[key] ?? "", "base64").toString();
}

/** A call of the API over HTTP; answers the parsed body. @throws Error when it is refused. */
export async function callApi<T>(url: string, key: string, body?: object): Promise<T> {
  const program = `
    const [url, key, body] = process.argv.slice(1);
    const headers = { authorization: "Bearer " + key, "content-type": "application/json" };
    const answer = await fetch(url, body ? { method: "POST", headers, body } : { headers });
    const text = await answer.text();
    if (!answer.ok) { console.error(answer.status, text); process.exit(1); }
    console.log(text);`;
  const args = ["--input-type=module", "--eval", program, url, key, ...(body ? [JSON.stringify(body)] : [])];
  return JSON.parse((await orThrow(process.execPath, args)).stdout) as T;
}

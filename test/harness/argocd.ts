import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findKubeProgram } from "../../internal/devstack/kube-finder.ts";
import { runTool } from "../../internal/devstack/run-tool.ts";
import { temporaryFolder } from "./temporary.ts";

const module = "github.com/yuin/gopher-lua";

/** The interpreter that Argo CD runs health checks with, built once into the user's cache. @throws Error that says what to install. */
export function findLua(say?: (text: string) => void): Promise<string> {
  return findKubeProgram({ name: "glua", module, main: `${module}/cmd/glua`, takes: "10 s" }, say);
}

export type ArgoHealth = "Healthy" | "Progressing" | "Degraded" | "Suspended" | "Missing" | "Unknown";

const check = readFileSync(new URL("../../deploy/argocd/health.lua", import.meta.url), "utf8");

/** How Argo CD sees a resource, by the check in deploy/argocd; one that is not there it does not ask the check about. */
export async function argoHealthOf(resource: object | undefined): Promise<ArgoHealth> {
  if (!resource) return "Missing";
  const script = path.join(temporaryFolder("argocd"), "health.lua");
  writeFileSync(script, `obj = ${lua(resource)}\nlocal health = (function()\n${check}\nend)()\nprint(health.status)\n`);
  return (await runTool(await findLua(), [script], { timeoutMs: 30_000 })).trim() as ArgoHealth;
}

/** A value of JSON as Lua writes it. Argo CD hands resources over in the same way: lists are tables from 1 on. */
function lua(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(lua).join(",")}}`;
  const fields = Object.entries(value).map(([name, each]) => `[${JSON.stringify(name)}]=${lua(each)}`);
  return `{${fields.join(",")}}`;
}

import { spawnSync } from "node:child_process";

// Everything that can be said about the code without running it, one line each; a failing step's output follows it.
const steps: [name: string, says: string][] = [
  ["format:check", "formatting and import order (mend: npm run format)"],
  ["lint", "lint, with types"],
  ["types", "types"],
  ["imports", "import direction"],
  ["proto:lint", "protocol"],
  ["links:check", "links between pages"],
  ["unused", "unused files, exports and packages"],
  [
    "generated:check",
    "generated files (mend: npm run proto:gen, openapi:gen, settings:gen, metrics:gen, monitoring:gen, chart:gen)",
  ],
];

let failed = 0;
for (const [script, says] of steps) {
  const started = performance.now();
  const run = spawnSync(process.execPath, ["--run", script], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = run.status === 0;
  console.log(`${ok ? "ok    " : "FAILED"} ${says}  ${seconds} s`);
  if (ok) continue;
  failed++;
  console.log(`${run.stdout ?? ""}${run.stderr ?? ""}${run.error?.message ?? ""}`.replace(/^/gm, "       "));
}
console.log(`${steps.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

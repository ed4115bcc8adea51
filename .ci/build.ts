import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";

// Builds dist/, which runs without type stripping: dist/cmd/<part>.js with the same folders around it.
rmSync("dist", { recursive: true, force: true });
const compiled = spawnSync("tsc", ["--project", "tsconfig.build.json"], { stdio: "inherit" });
if (compiled.status !== 0) {
  console.error(compiled.error?.message ?? "the code does not compile, so there is no dist/");
  process.exit(1);
}
// What is read at run time or generated as JavaScript already.
for (const path of [
  "package.json",
  "proto",
  "docs/openapi.json",
  ...globSync("internal/rpc/gen/**/*.js"),
  ...globSync("internal/**/*.sql"),
]) {
  cpSync(path, `dist/${path}`, { recursive: true });
}

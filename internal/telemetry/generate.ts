import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { renderReference } from "./reference.ts";

/** Writes docs/metrics.md; with `--check`, says whether it is up to date and fails when it is not. */
const path = new URL("../../docs/metrics.md", import.meta.url);
const content = renderReference();
if (!process.argv.includes("--check")) writeFileSync(path, content);
else if (!existsSync(path) || readFileSync(path, "utf8") !== content) {
  console.error("docs/metrics.md is not what internal/telemetry/catalogue.ts says: run npm run metrics:gen");
  process.exitCode = 1;
}

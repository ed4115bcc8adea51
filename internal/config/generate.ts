import { readFileSync, writeFileSync } from "node:fs";
import { renderExample, renderReference } from "./documentation.ts";

/** Writes the documentation of the settings; with `--check`, says what is not up to date and fails. */
const check = process.argv.includes("--check");
const root = new URL("../../", import.meta.url);

for (const [file, content] of [
  ["docs/configuration.md", renderReference()],
  [".env.example", renderExample()],
] as const) {
  const path = new URL(file, root);
  if (!check) writeFileSync(path, content);
  else if (readOrEmpty(path) !== content) {
    console.error(`${file} is not what internal/config/sections says: run npm run settings:gen`);
    process.exitCode = 1;
  }
}

function readOrEmpty(path: URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

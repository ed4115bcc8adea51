import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Sealpost's version, from the nearest package.json above this file: it stands at another depth in a built tree. */
export const version: string = readVersion(import.meta.dirname);

function readVersion(folder: string): string {
  const file = path.join(folder, "package.json");
  if (existsSync(file)) {
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version?: string };
    if (version !== undefined) return version;
  }
  const above = path.dirname(folder);
  return above === folder ? "0.0.0" : readVersion(above);
}

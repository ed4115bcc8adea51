import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Sealpost's folder in the user's cache; made when it is missing. */
export function userCache(): string {
  const folder = path.join(cacheHome(), "sealpost");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function cacheHome(): string {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME;
  if (process.platform === "win32") return process.env.LOCALAPPDATA ?? path.join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return path.join(homedir(), "Library", "Caches");
  return path.join(homedir(), ".cache");
}

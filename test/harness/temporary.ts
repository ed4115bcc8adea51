import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const variable = "SEALPOST_TEST_FOLDER";

/** A new folder under the system's temporary one, which the user that runs Postgres can enter. It goes with the
 *  test run, not with its server: a server that was stopped may be started again. */
export function temporaryFolder(what: string): string {
  return newFolder(path.join(runFolder(), `${what}-`));
}

/** Everything the run leaves on disk; global-teardown.ts removes it, or, outside jest, the end of the process. */
export function runFolder(): string {
  let folder = process.env[variable];
  if (folder === undefined) {
    folder = newFolder(path.join(tmpdir(), "sealpost-test-"));
    process.env[variable] = folder;
    process.once("exit", removeRunFolder);
  }
  return folder;
}

export function removeRunFolder(): void {
  const folder = process.env[variable];
  delete process.env[variable];
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function newFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  return folder;
}

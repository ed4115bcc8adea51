import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Generates everything again elsewhere and compares, so that what is committed is what its source says.
const temporary = mkdtempSync(join(tmpdir(), "sealpost-generated-"));
const problems: string[] = [];

function filesIn(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

/** Adds what differs between a committed folder and the same folder made anew. */
function compareFolders(committed: string, anew: string): void {
  const is = filesIn(committed);
  const shouldBe = filesIn(anew);
  for (const path of new Set([...is.keys(), ...shouldBe.keys()])) {
    const [mine, other] = [is.get(path), shouldBe.get(path)];
    if (!mine) problems.push(`${committed}/${path} is missing`);
    else if (!other) problems.push(`${committed}/${path} has no source any more`);
    else if (!mine.equals(other)) problems.push(`${committed}/${path} is not what its source generates`);
  }
}

function run(command: string, args: string[]): void {
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.status !== 0)
    problems.push(`${command} ${args.join(" ")}: ${result.stderr}${result.error?.message ?? ""}`);
}

try {
  run("buf", ["generate", "--output", temporary]);
  run(process.execPath, [".ci/platforms.ts", "--check"]);
  if (problems.length === 0) compareFolders("internal/rpc/gen", join(temporary, "internal/rpc/gen"));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

for (const generator of [
  "internal/gateway/openapi/generate.ts",
  "internal/config/generate.ts",
  "internal/telemetry/generate.ts",
  "internal/monitoring/generate.ts",
  "internal/chart/generate.ts",
  ".ci/readme.ts",
]) {
  run(process.execPath, [generator, "--check"]);
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

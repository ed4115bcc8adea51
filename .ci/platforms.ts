import { readFileSync, writeFileSync } from "node:fs";

// npm leaves the binaries of other platforms out of package-lock.json when the registry at hand does not carry
// them, and `npm ci` then refuses the lockfile, on this platform too. This names them again, with the version
// their package asks for. `--check` only says what is missing.
interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  engines?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lockfile = "package-lock.json";
const lock = JSON.parse(readFileSync(lockfile, "utf8")) as { packages: Record<string, LockedPackage> };
const platform =
  /(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>[a-z0-9]+)(?:-(?<abi>gnu|musl|msvc|[a-z]*eabi[a-z]*))?$/;

const missing: [path: string, entry: LockedPackage][] = [];
for (const { dev, engines, optionalDependencies } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const { os, cpu, abi } = platform.exec(name)?.groups ?? {};
    if (lock.packages[path] || !os || !cpu || !/^\d/.test(version)) continue;
    const libc = { gnu: "glibc", musl: "musl" }[abi ?? ""];
    missing.push([
      path,
      {
        version,
        cpu: [cpu === "armv7" ? "arm" : cpu],
        ...(dev && { dev }),
        ...(libc && { libc: [libc] }),
        optional: true,
        os: [os],
        ...(engines && { engines }),
      },
    ]);
  }
}

if (process.argv.includes("--check")) {
  for (const [path] of missing) console.error(`${lockfile} lacks ${path} (mend: node .ci/platforms.ts)`);
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (missing.length > 0) {
  const all = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(lockfile, `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`);
  console.log(`${missing.length} platform packages added to ${lockfile}`);
}

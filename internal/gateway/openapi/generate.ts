import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { projectPath } from "../../rpc/definitions.ts";
import { openApiDocument } from "./document.ts";

/**
 * Writes docs/openapi.json from the .proto files; with `--check` it only says whether the file is what they give,
 * and exits with 1 when it is not.
 */
const file = join(dirname(projectPath("proto")), "docs/openapi.json");
const text = `${JSON.stringify(describe(), null, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  console.error(`${file} is not what the .proto files give: run node internal/gateway/openapi/generate.ts`);
  process.exitCode = 1;
}

function describe() {
  // The generated code has no comments any more; buf's image has them.
  const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");
  const image = execFileSync(process.execPath, [buf, "build", "--output", "-#format=binpb"], {
    cwd: dirname(projectPath("proto")),
    maxBuffer: 64 * 1024 * 1024,
  });
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const services: DescService[] = [];
  for (const found of registry) {
    if (found.kind === "service" && found.file.proto.package === "sealpost.v1") services.push(found);
  }
  const status = registry.getMessage("google.rpc.Status");
  if (services.length === 0 || status === undefined)
    throw new Error("the image lacks sealpost.v1 or google.rpc.Status");
  return openApiDocument(
    services.sort((a, b) => (a.name < b.name ? -1 : 1)),
    status,
  );
}

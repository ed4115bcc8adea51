import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/**
 * A path of this project (`proto`, `docs/openapi.json`), looked for from this module upwards: the same for the
 * sources and for `dist`.
 *
 * @throws Error when it is not there
 */
export function projectPath(path: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const found = join(folder, path);
    // The package's own folder is where the search ends: what lies above belongs to somebody else.
    if (existsSync(found)) return found;
    if (existsSync(join(folder, "package.json")) || dirname(folder) === folder) {
      throw new Error(`${path} is missing beside package.json: ship it with the code (looked up to ${folder})`);
    }
  }
}

/**
 * Service definitions for grpc-js from the .proto files, by service name. Their codecs pass bytes through: decoding
 * is the handler's, with protobuf-es, so that what cannot be decoded is INVALID_ARGUMENT and strings are UTF-8.
 */
export function loadDefinitions(services: DescService[]): Map<string, ServiceDefinition> {
  const files = [...new Set(services.map((service) => service.file.proto.name))];
  const loaded = loadSync(files, { includeDirs: [projectPath("proto")], keepCase: true });
  return new Map(
    services.map((service) => {
      const definition = loaded[service.typeName] as ServiceDefinition;
      const methods = Object.entries(definition).map(([name, method]) => {
        return [name, { ...method, requestDeserialize: passBytes, responseSerialize: passBytes }];
      });
      return [service.typeName, Object.fromEntries(methods) as ServiceDefinition];
    }),
  );
}

function passBytes(bytes: Buffer): Buffer {
  return bytes;
}

import {
  create,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type ServerDuplexStream, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "./gen/grpc/reflection/v1/reflection_pb.js";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/**
 * gRPC server reflection over the compiled descriptors, so that grpcurl and buf curl need no .proto files.
 * v1 and v1alpha are the same on the wire: one implementation serves both.
 */
export function reflection(services: DescService[]): UntypedServiceImplementation {
  const files = new Map<string, DescFile>();
  for (const service of services) collectFiles(service.file, files);
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of files.values()) {
    for (const service of file.services) {
      symbols.set(service.typeName, file);
      for (const method of service.methods) symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const one of file.enums) symbols.set(one.typeName, file);
    for (const message of file.messages) collectMessage(message, symbols);
    for (const extension of file.extensions) {
      symbols.set(extension.typeName, file);
      const ofType = extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(extension.extendee.typeName, ofType.set(extension.number, file));
    }
  }

  function answer({ messageRequest: asked }: ServerReflectionRequest): Answer {
    switch (asked.case) {
      case "listServices": {
        const service = services.map(({ typeName }) => ({ name: typeName }));
        return { case: "listServicesResponse", value: { service } };
      }
      case "fileByFilename":
        return fileAnswer(files.get(asked.value), asked.value);
      case "fileContainingSymbol":
        return fileAnswer(symbols.get(asked.value.replace(/^\./, "")), asked.value);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = asked.value;
        return fileAnswer(extensions.get(containingType)?.get(extensionNumber), `${containingType} ${extensionNumber}`);
      }
      case "allExtensionNumbersOfType": {
        const extensionNumber = [...(extensions.get(asked.value)?.keys() ?? [])];
        const value = { baseTypeName: asked.value, extensionNumber };
        return { case: "allExtensionNumbersResponse", value };
      }
      default:
        return failed(status.UNIMPLEMENTED, "unknown kind of reflection request");
    }
  }

  return {
    ServerReflectionInfo(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on("data", (bytes: Buffer) => {
        try {
          const originalRequest = fromBinary(ServerReflectionRequestSchema, bytes);
          const messageResponse = answer(originalRequest);
          const response = { validHost: originalRequest.host, originalRequest, messageResponse };
          const message = create(ServerReflectionResponseSchema, response);
          call.write(Buffer.from(toBinary(ServerReflectionResponseSchema, message)));
        } catch (error) {
          call.emit("error", { code: status.INVALID_ARGUMENT, details: (error as Error).message });
        }
      });
      call.on("end", () => call.end());
    },
  };
}

function collectFiles(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) collectFiles(dependency, files);
}

function collectMessage(descriptor: DescMessage, symbols: Map<string, DescFile>): void {
  symbols.set(descriptor.typeName, descriptor.file);
  for (const field of descriptor.fields) symbols.set(`${descriptor.typeName}.${field.name}`, descriptor.file);
  for (const one of descriptor.nestedEnums) symbols.set(one.typeName, descriptor.file);
  for (const nested of descriptor.nestedMessages) collectMessage(nested, symbols);
}

/** The file and everything it imports, so that one answer is enough to describe it. */
function fileAnswer(file: DescFile | undefined, asked: string): Answer {
  if (file === undefined) return failed(status.NOT_FOUND, `nothing here is called ${asked}`);
  const wanted = new Map<string, DescFile>();
  collectFiles(file, wanted);
  const fileDescriptorProto = [...wanted.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function failed(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

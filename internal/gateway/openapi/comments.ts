import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";

type Commented = DescMessage | DescField | DescEnum | DescService | DescMethod;

/** Numbers of descriptor.proto's fields, which make up the paths of source info. */
const fileMessages = 4;
const fileEnums = 5;
const fileServices = 6;
const messageFields = 2;
const messageNested = 3;
const messageEnums = 4;
const serviceMethods = 2;

const perFile = new WeakMap<DescFile, Map<string, string>>();

/** The comment above a declaration in its .proto file, on one line; empty when there is none. */
export function commentOf(declaration: Commented): string {
  const file = declaration.kind === "rpc" || declaration.kind === "field" ? declaration.parent.file : declaration.file;
  let comments = perFile.get(file);
  if (comments === undefined) {
    comments = new Map();
    for (const { path, leadingComments } of file.proto.sourceCodeInfo?.location ?? []) {
      comments.set(path.join("."), leadingComments.trim().replace(/\s*\n\s*/g, " "));
    }
    perFile.set(file, comments);
  }
  return comments.get(sourcePath(declaration).join(".")) ?? "";
}

function sourcePath(declaration: Commented): number[] {
  switch (declaration.kind) {
    case "service":
      return [fileServices, declaration.file.services.indexOf(declaration)];
    case "rpc":
      return [...sourcePath(declaration.parent), serviceMethods, declaration.parent.methods.indexOf(declaration)];
    case "field":
      return [...sourcePath(declaration.parent), messageFields, declaration.parent.fields.indexOf(declaration)];
    case "message": {
      const { parent, file } = declaration;
      if (parent) return [...sourcePath(parent), messageNested, parent.nestedMessages.indexOf(declaration)];
      return [fileMessages, file.messages.indexOf(declaration)];
    }
    case "enum": {
      const { parent, file } = declaration;
      if (parent) return [...sourcePath(parent), messageEnums, parent.nestedEnums.indexOf(declaration)];
      return [fileEnums, file.enums.indexOf(declaration)];
    }
  }
}

import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { AuditedResource } from "../domain/audit.ts";
import { type IdKind, parseId } from "../domain/ids.ts";

/** The fields by which a request names what it is about, the narrowest first. */
const kinds: Record<string, IdKind> = {
  webhook_id: "endpoint",
  delivery_id: "delivery",
  key_id: "apiKey",
  project_id: "project",
  workspace_id: "workspace",
  company_id: "company",
};

/** Prepares reading which resources a request of this type names, the narrowest first. What is no id is left out. */
export function namedResources(input: DescMessage): (request: Message) => AuditedResource[] {
  const named = Object.entries(kinds).flatMap(([name, kind]) => {
    const field = input.fields.find((one) => one.name === name);
    return field?.fieldKind === "scalar" ? [{ kind, localName: field.localName }] : [];
  });
  return (request) =>
    named.flatMap(({ kind, localName }) => {
      const id = parseId(kind, String((request as unknown as Record<string, unknown>)[localName]));
      return id === undefined ? [] : [{ kind, id }];
    });
}

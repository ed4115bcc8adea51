import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";

/** What a field of a request can name. */
export type Kind =
  | "company"
  | "workspace"
  | "project"
  | "endpoint"
  | "delivery"
  | "event"
  | "apiKey"
  | "manager"
  | "idempotencyKey"
  | "pageToken";

/** By proto name, in whatever message it stands. */
const kinds: Record<string, Kind> = {
  company_id: "company",
  workspace_id: "workspace",
  project_id: "project",
  webhook_id: "endpoint",
  resource_id: "endpoint",
  delivery_id: "delivery",
  event_id: "event",
  key_id: "apiKey",
  manager_uid: "manager",
  uid: "manager",
  idempotency_key: "idempotencyKey",
  page_token: "pageToken",
};

/** Text that names nothing of anybody's. */
const plain = new Set([
  ...["name", "description", "url", "events", "region", "secret", "etag", "headers", "cidr", "cidrs", "name_suffixes"],
  ...["event_type", "category", "action", "data", "actor", "target", "metadata"],
  ...["cluster", "namespace", "method", "paths"],
]);

export interface IdField {
  /** `events[].project_id` */
  path: string;
  kind: Kind;
  get(request: Message): string;
  set(request: Message, value: string): void;
}

type Fields = Record<string, unknown>;

/**
 * Every field of a request that names something, nested and repeated ones included.
 *
 * @throws Error for text of which nobody has said whether it names something
 */
export function idFields(schema: DescMessage): IdField[] {
  return fieldsBelow(schema, "", (request) => request as unknown as Fields);
}

function fieldsBelow(schema: DescMessage, at: string, owner: (request: Message) => Fields): IdField[] {
  return schema.fields.flatMap((field) => {
    const { localName, name } = field;
    const repeated = field.fieldKind === "list";
    const path = `${at}${name}${repeated ? "[]" : ""}`;
    const { message } = field;
    if (message && field.fieldKind !== "map") {
      if (message.typeName.startsWith("google.protobuf.")) return [];
      const inner = (request: Message) => {
        const value = owner(request)[localName];
        return (repeated ? (value as Fields[])[0] : value) as Fields;
      };
      return fieldsBelow(message, `${path}.`, inner);
    }
    if (!isText(field) || plain.has(name)) return [];
    const kind = kinds[name];
    if (kind === undefined) {
      throw new Error(`${schema.typeName}.${name}: say in id-fields.ts what it names, or that it names nothing`);
    }
    const list = (request: Message) => owner(request)?.[localName];
    return [
      {
        path,
        kind,
        get: (request: Message) => String((repeated ? (list(request) as string[])[0] : list(request)) ?? ""),
        set: (request: Message, value: string) => {
          owner(request)[localName] = repeated ? [value] : value;
        },
      },
    ];
  });
}

/** Strings and bytes, alone, in lists or in maps. */
function isText(field: DescField): boolean {
  return [scalarString, scalarBytes].includes(field.scalar ?? 0);
}

const scalarString = 9;
const scalarBytes = 12;

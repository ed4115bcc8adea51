import { type DescField, type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import type { FieldViolation } from "../domain/errors.ts";
import { field as fieldRules, Ignore } from "./gen/buf/validate/validate_pb.js";

/**
 * Characters that no name, id or description may hold: controls other than tab and line ends (Postgres cannot
 * store NUL), and controls of the writing direction (a name must read as it is). Halves of surrogate pairs do not get
 * here: protobuf-es takes well-formed text only.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const refused = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

type Check = (message: Record<string, unknown>, path: string, violations: FieldViolation[]) => void;

const compiled = new Map<DescMessage, Check>();

/** Adds a violation for every string of a message that holds such a character. */
export function checkText(schema: DescMessage, message: Message, violations: FieldViolation[]): void {
  compile(schema)(message as unknown as Record<string, unknown>, "", violations);
}

function compile(schema: DescMessage): Check {
  const known = compiled.get(schema);
  if (known) return known;
  const checks: Check[] = [];
  const check: Check = (message, path, violations) => {
    for (const one of checks) one(message, path, violations);
  };
  compiled.set(schema, check);
  for (const field of schema.fields) {
    const one = fieldCheck(field);
    if (one) checks.push(one);
  }
  return check;
}

function fieldCheck(field: DescField): Check | undefined {
  const { localName, name } = field;
  const kind = field.fieldKind === "list" ? field.listKind : field.fieldKind;
  if (kind === "scalar" && field.scalar !== scalarString) return undefined;
  if (kind === "enum" || kind === "map" || checkedAlone(field)) return undefined;
  const check = kind === "scalar" ? stringCheck : messageCheck(field.message as DescMessage);
  return (message, path, violations) => {
    // A member of a oneof is reached through its group; requests have none.
    const value = message[localName];
    if (value === undefined) return;
    if (!Array.isArray(value)) check(value, path + name, violations);
    else for (let i = 0; i < value.length; i++) check(value[i], `${path}${name}[${i}]`, violations);
  };
}

const scalarString = 9;

function stringCheck(value: unknown, path: string, violations: FieldViolation[]): void {
  const at = (value as string).search(refused);
  if (at < 0) return;
  const code = (value as string).charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  violations.push({ field: path, description: `must not contain the character U+${code}` });
}

function messageCheck(schema: DescMessage): (value: unknown, path: string, violations: FieldViolation[]) => void {
  const check = compile(schema);
  return (value, path, violations) => check(value as Record<string, unknown>, `${path}.`, violations);
}

/** Items that the schema says are not checked with their list: the method checks each by itself. */
function checkedAlone(field: DescField): boolean {
  const { type } = getOption(field, fieldRules);
  return type.case === "repeated" && type.value.items?.ignore === Ignore.ALWAYS;
}

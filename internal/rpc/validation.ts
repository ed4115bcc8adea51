import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { checkText } from "./text-check.ts";

const validator = createValidator();

/**
 * Holds a message against the rules written in its proto (protovalidate), and its strings against characters that
 * cannot be kept.
 *
 * @throws DomainError INVALID_ARGUMENT with every violation and its field path
 */
export function checkMessage(schema: DescMessage, message: Message): void {
  const result = validator.validate(schema, message);
  if (result.kind === "error") throw result.error;
  const violations: FieldViolation[] = [];
  for (const violation of result.violations ?? []) {
    violations.push({ field: pathToString(violation.field), description: violation.message });
  }
  checkText(schema, message, violations);
  if (violations.length > 0) throw invalidArgument(...violations);
}

/** Compiles a message's rules before the first call needs them. @throws Error when the rules do not compile. */
export function compileChecks(schema: DescMessage): void {
  const result = validator.validate(schema, create(schema));
  if (result.kind === "error") throw result.error;
}

import { type DescMethod, getOption } from "@bufbuild/protobuf";
import type { Caller } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import { Caller as CallerKind, callers } from "./gen/sealpost/v1/options_pb.js";

const kinds = {
  admin: CallerKind.ADMIN,
  company: CallerKind.COMPANY,
  workspace: CallerKind.WORKSPACE,
} as const satisfies Record<Caller["kind"], CallerKind>;

const keyNames: Record<Caller["kind"], string> = {
  admin: "the admin key (SEALPOST_ADMIN_KEY)",
  company: "a company key",
  workspace: "a workspace key",
};

/**
 * Who may call a method, from its `(sealpost.v1.callers)` option. A method that names nobody is refused to
 * everybody.
 *
 * @returns a check that throws DomainError PERMISSION_DENIED, reason WRONG_KEY_KIND
 */
export function callerPolicy(method: DescMethod): (caller: Caller) => void {
  const named = new Set(getOption(method, callers));
  const allowed = (Object.keys(kinds) as Caller["kind"][]).filter((kind) => named.has(kinds[kind]));
  const needed = allowed.map((kind) => keyNames[kind]).join(" or ") || "nobody may call it";
  return (caller) => {
    if (allowed.includes(caller.kind)) return;
    throw new DomainError(
      "PERMISSION_DENIED",
      "WRONG_KEY_KIND",
      `${method.name} needs ${needed}; this is ${keyNames[caller.kind]}`,
    );
  };
}

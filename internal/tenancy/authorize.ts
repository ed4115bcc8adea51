import { type Caller, keyNames } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import { formatId } from "../domain/ids.ts";
import { type Access, keysWith, type Permission, permissionsOf } from "../domain/permissions.ts";

/**
 * Lets a caller in whose key allows what the method asks. `permissions`: the fewer that the key was made with;
 * undefined: everything that its kind allows.
 * @throws DomainError PERMISSION_DENIED, reason WRONG_KEY_KIND or PERMISSION_MISSING
 */
export function authorize(
  caller: Caller,
  { permission }: Access,
  permissions: ReadonlySet<Permission> | undefined,
): void {
  const name = methodName(caller);
  if (!permissionsOf[caller.kind].has(permission)) {
    const message = `${name} needs ${keysWith(permission)}; this is ${keyNames[caller.kind]}`;
    throw new DomainError("PERMISSION_DENIED", "WRONG_KEY_KIND", message);
  }
  if (!permissions || permissions.has(permission) || caller.kind === "admin") return;
  throw new DomainError(
    "PERMISSION_DENIED",
    "PERMISSION_MISSING",
    `${name} needs the permission ${permission}, and key ${formatId("apiKey", caller.keyId)} was made with ` +
      `${[...permissions].join(", ")} only: use another key`,
  );
}

/** What a method declares. @throws DomainError PERMISSION_DENIED, reason UNDECLARED, when that is nothing: nobody may call it. */
export function declared(caller: Caller, access: Access | undefined): Access {
  if (access) return access;
  const message = `${methodName(caller)} declares no permission, so nobody may call it`;
  throw new DomainError("PERMISSION_DENIED", "UNDECLARED", message);
}

function methodName({ origin }: Caller): string {
  return origin.method.split("/").at(-1) ?? origin.method;
}

import { type Caller, keyNames } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import { type Access, keysWith, permissionsOf } from "../domain/permissions.ts";

/**
 * Lets a caller in whose key allows what the method asks; `access` undefined: the method declares nothing, so nobody.
 * @throws DomainError PERMISSION_DENIED, reason WRONG_KEY_KIND
 */
export function authorize(caller: Caller, access: Access | undefined): void {
  if (access && permissionsOf[caller.kind].has(access.permission)) return;
  const name = caller.origin.method.split("/").at(-1);
  const needed = access ? `needs ${keysWith(access.permission)}` : "declares no permission, so nobody may call it";
  throw new DomainError("PERMISSION_DENIED", "WRONG_KEY_KIND", `${name} ${needed}; this is ${keyNames[caller.kind]}`);
}

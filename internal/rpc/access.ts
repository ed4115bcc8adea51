import { type DescMethod, getOption } from "@bufbuild/protobuf";
import type { Access } from "../domain/permissions.ts";
import { access, Operation, Permission } from "./gen/sealpost/v1/options_pb.js";

/**
 * What a method asks of its caller, from its `(sealpost.v1.access)` option; undefined where nothing (or half of it) is
 * declared: such a method is refused to everybody.
 */
export function accessOf(method: DescMethod): Access | undefined {
  const { permission, operation } = getOption(method, access);
  if (permission === Permission.NO_PERMISSION || operation === Operation.UNDECLARED) return undefined;
  // The proto's names are the domain's, which access.spec.ts holds against each other.
  return { permission: Permission[permission], operation: Operation[operation] } as Access;
}

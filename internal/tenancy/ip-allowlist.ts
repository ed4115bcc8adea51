import { type Caller, type KeyHolder } from "../domain/caller.ts";
import { DomainError, type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { formatId } from "../domain/ids.ts";
import { parseAddress } from "../network/address.ts";
import { CidrSet, formatCidr, parseCidr } from "../network/cidr.ts";

/** Blocks in one list at most: enough for every office and every cloud region of a company. */
const maxBlocks = 200;

/**
 * A list as it is kept: each block once, in its plain form (an address alone is the block of itself).
 * @throws DomainError INVALID_ARGUMENT with everything that is wrong
 */
export function canonicalAllowlist(cidrs: string[]): string[] {
  if (cidrs.length > maxBlocks) {
    throw invalidArgument({
      field: "cidrs",
      description: `must have at most ${maxBlocks} blocks, this has ${cidrs.length}`,
    });
  }
  const violations: FieldViolation[] = [];
  const blocks = cidrs.map((text, i) => {
    const cidr = parseCidr(text);
    if (!cidr) violations.push({ field: `cidrs[${i}]`, description: notABlock });
    return cidr ? formatCidr(cidr) : "";
  });
  if (violations.length > 0) throw invalidArgument(...violations);
  return [...new Set(blocks)];
}

const notABlock =
  "must be an address or a block of them without bits beyond its prefix: 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32";

/** What the record keeps, which `canonicalAllowlist` made. */
export function readAllowlist(cidrs: string[]): CidrSet {
  return new CidrSet(cidrs.flatMap((text) => parseCidr(text) ?? []));
}

/** @throws DomainError PERMISSION_DENIED, reason ADDRESS_NOT_ALLOWED, that says from where it came and who can allow it */
export function requireAllowedAddress(
  caller: Caller & Extract<KeyHolder, { kind: "company" }>,
  allowlist: CidrSet,
): void {
  const { address: shown } = caller.origin;
  const address = parseAddress(shown);
  if (address && allowlist.contains(address)) return;
  const from = shown === "" ? "an address that its proxy did not say plainly in X-Forwarded-For" : shown;
  const list =
    allowlist.cidrs.length === 0 ? "the company's IP allowlist is empty" : "it is not in the company's IP allowlist";
  throw new DomainError(
    "PERMISSION_DENIED",
    "ADDRESS_NOT_ALLOWED",
    `this call came from ${from}, and ${list}: the operator sets the list with the admin key, ` +
      `POST /v1/companies/${formatId("company", caller.companyId)}/ip-allowlist or SetIpAllowlist`,
  );
}

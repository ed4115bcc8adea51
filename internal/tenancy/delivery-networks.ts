import { type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { checkLine } from "../domain/text.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";
import { formatCidr, parseCidr } from "../network/cidr.ts";
import { plainName, whyMetadata, whyNoName } from "../network/private-names.ts";
import { whyNotOwnNetwork } from "../network/special-ranges.ts";

const maxEntries = 100;
const maxNameLength = 200;

/**
 * Delivery networks as they are kept: blocks and names in their plain form.
 * @throws DomainError INVALID_ARGUMENT with everything that is wrong
 */
export function readDeliveryNetworks({ networks, nameSuffixes, allowHttp }: DeliveryNetworks): DeliveryNetworks {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string | undefined) => {
    if (description !== undefined) violations.push({ field, description });
  };
  if (networks.length > maxEntries) refuse("networks", `must be at most ${maxEntries}`);
  if (nameSuffixes.length > maxEntries) refuse("name_suffixes", `must be at most ${maxEntries}`);
  if (allowHttp && networks.length === 0) {
    refuse("allow_http", "needs networks: http:// is accepted to addresses of these only");
  }
  const read: DeliveryNetworks = { networks: [], nameSuffixes: [], allowHttp };
  for (const [i, network] of networks.entries()) {
    const name = network.name.trim();
    const cidr = parseCidr(network.cidr);
    refuse(`networks[${i}].name`, name === "" ? "must not be empty" : checkLine(name, maxNameLength));
    refuse(`networks[${i}].cidr`, cidr ? whyNotOwnNetwork(cidr) : notABlock);
    if (cidr) read.networks.push({ name, cidr: formatCidr(cidr) });
  }
  for (const [i, text] of nameSuffixes.entries()) {
    const name = plainName(text.replace(/^\./, ""));
    refuse(`name_suffixes[${i}]`, whyNoSuffix(name));
    read.nameSuffixes.push(name);
  }
  refuse("networks", twice(read.networks.map(({ name }) => name)) ?? twice(read.networks.map(({ cidr }) => cidr)));
  refuse("name_suffixes", twice(read.nameSuffixes));
  if (violations.length > 0) throw invalidArgument(...violations);
  return read;
}

const notABlock = "must be a block of addresses without bits beyond its prefix, such as 10.96.0.0/12";

function whyNoSuffix(name: string): string | undefined {
  const never = whyNoName(name);
  if (never !== undefined) return `"${name.slice(0, 100)}" ${never}`;
  if (!/[a-z]/.test(name)) return `${name} is not the end of a name: addresses belong into networks`;
  if (name === "localhost" || name.endsWith(".localhost"))
    return `${name} is this machine, which no endpoint may reach`;
  const metadata = whyMetadata(name);
  return metadata && `${metadata}, which no endpoint may reach`;
}

function twice(values: string[]): string | undefined {
  const again = values.find((value, i) => values.indexOf(value) !== i);
  return again === undefined ? undefined : `has ${again} twice`;
}

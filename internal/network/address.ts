/** An IP address: one unsigned 32-bit word is IPv4, four are IPv6. */
export interface Address {
  readonly words: readonly number[];
}

/**
 * Reads an address as it stands in a socket, a name server's answer or a setting. Strict: four decimal parts without
 * leading zeros, or IPv6 without brackets and zone. An IPv4 address inside IPv6 (`::ffff:1.2.3.4`) is read as the IPv4
 * address that it leads to. Undefined for everything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) {
    const word = parseV4(text);
    return word === undefined ? undefined : { words: [word] };
  }
  const words = parseV6(text);
  return words && { words: isMapped(words) ? words.slice(3) : words };
}

/** The form that people know: dotted, or RFC 5952 (lower case, the longest run of zeros left out). */
export function formatAddress({ words }: Address): string {
  const [first = 0] = words;
  if (words.length === 1) return [first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255].join(".");
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeros(groups);
  const shown = groups.map((group) => group.toString(16));
  if (length < 2) return shown.join(":");
  return `${shown.slice(0, start).join(":")}::${shown.slice(start + length).join(":")}`;
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). Sockets that speak both families show IPv4 peers so. */
function isMapped(words: readonly number[]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

function parseV4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    // Leading zeros are octal to some readers and decimal to others.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    word = word * 256 + Number(part);
  }
  return word;
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => parseGroups(half, i === halves.length - 1));
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 8 ? toWords(head) : undefined;
  // "::" stands for at least one group of zeros.
  if (!tail || head.length + tail.length > 7) return undefined;
  return toWords([...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]);
}

/** Groups of 16 bits; the last of an address may be two in IPv4's form. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const word = parseV4(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function toWords(groups: number[]): number[] {
  return [0, 2, 4, 6].map((i) => ((groups[i] ?? 0) * 0x10000 + (groups[i + 1] ?? 0)) >>> 0);
}

function longestZeros(groups: number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  return longest;
}

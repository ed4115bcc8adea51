/**
 * Reads what stands after a prefix as base64, or answers why it cannot, for the person who wrote it and without quoting
 * it. Strict, so that every verifying library decodes the same bytes: no base64url, no missing padding, no spaces.
 */
export function readEncoded(text: string, prefix: string): { bytes: Buffer } | { reason: string } {
  if (!text.startsWith(prefix)) return { reason: `must start with "${prefix}"` };
  const encoded = text.slice(prefix.length);
  const odd = /[^A-Za-z0-9+/=]/.exec(encoded);
  if (odd) {
    const hint = odd[0] === "-" || odd[0] === "_" ? " (this looks like base64url: use + and / instead)" : "";
    return {
      reason: `must be standard base64 after "${prefix}": character ${odd.index + 1} is not in its alphabet${hint}`,
    };
  }
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) {
    return { reason: `must be standard base64 after "${prefix}": its length or its padding with "=" is wrong` };
  }
  return { bytes };
}

export interface UrlPolicy {
  /** Whether http:// is accepted too; in development only. */
  allowHttp: boolean;
}

/** As many characters as the schema allows. */
const maxLength = 2048;

/** `new URL` drops or rewrites these without a word, so they are looked for in the text itself. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[\u0000-\u0020\u007f\\]/;

/**
 * Reads the address of a receiver: the URL to keep, or the reason why it is refused. A name in another script is kept
 * as punycode, so that what is shown is what is resolved; everything else is kept as it was written.
 */
export function readUrl(text: string, policy: UrlPolicy): { url: string } | { reason: string } {
  if (hidden.test(text)) return { reason: "must not contain whitespace, control characters or backslashes" };
  const [, scheme, authority = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/.exec(text) ?? [];
  if (!isAllowed(scheme?.toLowerCase(), policy)) {
    const http = policy.allowHttp ? " or http://" : " (http:// is accepted in development only)";
    return { reason: `must be an absolute URL that starts with https://${http}` };
  }
  if (authority.includes("@")) {
    return { reason: "must not contain a user name or password: check the signature instead" };
  }
  if (text.includes("#")) return { reason: "must not contain a fragment (#…): it is never sent" };
  const parsed = authority !== "" && URL.canParse(text) ? new URL(text) : undefined;
  if (!parsed?.hostname || parsed.port === "0") return { reason: "is not a URL: its host or port cannot be read" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  const url = /^[\u0000-\u007f]*$/.test(text) ? text : parsed.href;
  if (url.length > maxLength) return { reason: `must have at most ${maxLength} characters, this has ${url.length}` };
  return { url };
}

function isAllowed(scheme: string | undefined, { allowHttp }: UrlPolicy): boolean {
  return scheme === "https" || (scheme === "http" && allowHttp);
}

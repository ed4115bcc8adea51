import { formatAddress, parseAddress } from "../network/address.ts";
import type { Allowance } from "../network/allowance.ts";
import type { OutgoingRules } from "../network/outgoing-rules.ts";
import { embeddedV4 } from "../network/special-ranges.ts";

export interface UrlPolicy {
  rules: OutgoingRules;
  /** Of the company whose endpoint it is. */
  allowance: Allowance;
}

/** As many characters as the schema allows. */
const maxLength = 2048;

/** `new URL` drops or rewrites some of these without a word, so they are looked for in the text itself. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}\\]/u;

/** Services with a port of their own that take no webhooks, so that nobody talks to them through us. */
const otherServices: Readonly<Record<string, string>> = {
  21: "FTP",
  22: "SSH",
  23: "Telnet",
  25: "mail",
  53: "DNS",
  110: "mail",
  111: "RPC",
  119: "news",
  135: "RPC",
  139: "file sharing",
  143: "mail",
  389: "LDAP",
  445: "file sharing",
  465: "mail",
  514: "syslog",
  587: "mail",
  636: "LDAP",
  873: "rsync",
  993: "mail",
  995: "mail",
};

/**
 * Reads the address of a receiver: the URL to keep, or the reason why it is refused. A name in another script is kept
 * as punycode, so that what is shown is what is resolved; everything else is kept as it was written.
 */
export function readUrl(text: string, { rules, allowance }: UrlPolicy): { url: string } | { reason: string } {
  if (hidden.test(text))
    return { reason: "must not contain whitespace, control or invisible characters or backslashes" };
  const [, scheme = "", authority = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/.exec(text) ?? [];
  const secure = scheme.toLowerCase() === "https";
  if (!secure && scheme.toLowerCase() !== "http") {
    const http = rules.development ? " or http://" : "";
    return { reason: `must be an absolute URL that starts with https://${http}` };
  }
  if (authority.includes("@")) {
    return { reason: "must not contain a user name or password: check the signature instead" };
  }
  if (text.includes("#")) return { reason: "must not contain a fragment (#…): it is never sent" };
  // Of the whole authority: no port has such a character.
  if (authority.includes("%")) return { reason: "must have its host written plainly, without % and without a zone" };
  const parsed = authority !== "" && URL.canParse(text) ? new URL(text) : undefined;
  if (!parsed?.hostname || parsed.port === "0") return { reason: "is not a URL: its host or port cannot be read" };
  const otherService = otherServices[parsed.port];
  if (otherService) return { reason: `must not lead to port ${parsed.port}, which is for ${otherService}` };

  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const refused = rules.refuseHost(host, { secure, allowance }) ?? disguised(host, authority);
  if (refused !== undefined) return { reason: `is refused: ${refused}` };
  const url = /^\p{ASCII}*$/u.test(text) ? text : parsed.href;
  if (url.length > maxLength) return { reason: `must have at most ${maxLength} characters, this has ${url.length}` };
  return { url };
}

/** An address in a form that readers and filters do not see as that address: octal, hex, short, inside another. */
function disguised(host: string, authority: string): string | undefined {
  const address = parseAddress(host);
  if (!address) return undefined;
  const plain = formatAddress(embeddedV4(address) ?? address);
  const written = authority.replace(/:\d*$/, "").replace(/^\[|\]$/g, "");
  const v6 = address.words.length === 4 && !embeddedV4(address);
  return v6 || written === plain ? undefined : `${written} is another form of ${plain}: write that`;
}

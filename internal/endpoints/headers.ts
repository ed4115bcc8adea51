import type { FieldViolation } from "../domain/errors.ts";

/** Headers by name. In an update, an empty value stands for the one that is kept. */
export type Headers = Readonly<Record<string, string>>;

const maxHeaders = 20;
const maxName = 64;
const maxValue = 1024;
const maxTotal = 4096;

/** RFC 9110 §5.1 and §5.5: a token; visible ASCII with spaces and tabs inside. */
const namePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const valuePattern = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;

/** Why nobody may set a header, by its name; the others are the receiver's own affair. */
const reserved: [RegExp, string][] = [
  [/^webhook-/, "belongs to the signature"],
  [/^sealpost-/, "says which delivery it is"],
  [/^(host|content-.*)$/, "follows from the URL or the body"],
  [
    /^(connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|http2-settings|proxy-.*)$/,
    "is about the connection, which Sealpost makes",
  ],
  [/^user-agent$/, "says who sends"],
  [/^accept-encoding$/, "would make answers unreadable in the record"],
  [/^__proto__$/, "means something else to programs"],
];

/** In order, with names in lower case: HTTP does not tell them apart, and HTTP/2 sends no others. */
export function readHeaders(headers: Headers): Headers {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Whether there is anything to change: a new value, or a name more or less. */
export function headersDiffer(wanted: Headers, known: readonly string[]): boolean {
  return Object.values(wanted).some((value) => value !== "") || Object.keys(wanted).join() !== known.join();
}

/**
 * What is wrong with an endpoint's own headers. `known` are the names that have a value already, which an empty value
 * keeps. No reason quotes a value.
 */
export function headerViolations(headers: Headers, known: readonly string[] = []): FieldViolation[] {
  const entries = Object.entries(headers);
  if (entries.length > maxHeaders) {
    return [{ field: "headers", description: `must be at most ${maxHeaders}, these are ${entries.length}` }];
  }
  const violations = entries.flatMap(([name, value]) => {
    const reason = nameReason(name) ?? valueReason(name.toLowerCase(), value, known);
    return reason === undefined
      ? []
      : [{ field: `headers[${JSON.stringify(name.slice(0, maxName))}]`, description: reason }];
  });
  const twice = entries.find(([name], i) => entries.findIndex(([n]) => n.toLowerCase() === name.toLowerCase()) !== i);
  if (twice)
    violations.push({ field: "headers", description: `has ${twice[0].toLowerCase()} twice: case does not count` });
  const total = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (total > maxTotal) {
    violations.push({
      field: "headers",
      description: `must have at most ${maxTotal} characters together, these have ${total}`,
    });
  }
  return violations;
}

function nameReason(name: string): string | undefined {
  if (name.length > maxName) return `its name has ${name.length} characters, at most ${maxName} are allowed`;
  if (!namePattern.test(name)) return "is no header name: letters, digits and - are, spaces and : are not";
  const because = reserved.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
  return because && `cannot be set: it ${because}`;
}

function valueReason(name: string, value: string, known: readonly string[]): string | undefined {
  if (value === "") {
    return known.includes(name) ? undefined : "has no value; an empty one keeps what is there, and here nothing is";
  }
  if (value.length > maxValue) return `its value has ${value.length} characters, at most ${maxValue} are allowed`;
  return valuePattern.test(value) ? undefined : "its value must be visible ASCII, with spaces only inside";
}

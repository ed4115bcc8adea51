/**
 * Characters that have no place in a text for people: controls, and the marks that make a reader see another text
 * than the one that stands there (Unicode TR 36 §2.6: "bidirectional text spoofing").
 */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]/u;

/** Why a line of text is not acceptable; undefined when it is. `max` is in UTF-16 units, as JavaScript counts. */
export function checkLine(text: string, max: number): string | undefined {
  if (unprintable.test(text)) return "must not contain control characters or marks of writing direction";
  if (text.length > max) return `must have at most ${max} characters, this has ${text.length}`;
  return undefined;
}

/** The same for a text of several lines. */
export function checkLines(text: string, max: number): string | undefined {
  return checkLine(text.replaceAll(/[\t\r\n]/g, " "), max);
}

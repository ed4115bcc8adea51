import { isUtf8 } from "node:buffer";

/** Containers inside each other that free JSON may have; `[[1]]` has 2. */
export const maxJsonDepth = 32;

/** Thrown by the scanner at the first byte that cannot stand; the message ends with the byte's place, from 0. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";

  constructor(reason: string, position: number) {
    super(`${reason} at byte ${position}`);
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openObject = 0x7b;
const closeObject = 0x7d;
const openArray = 0x5b;
const closeArray = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;

const literals = new Map([
  [0x74, "true"],
  [0x66, "false"],
  [0x6e, "null"],
]);

/**
 * Reads JSON (RFC 8259) from bytes without building values, one token after the other, so that the exact text can
 * be kept. It keeps its own stack: deep input costs a depth error, never the call stack. Expects valid UTF-8.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next byte that is not white space, unread; undefined at the end. */
  peek(): number | undefined {
    const { bytes } = this;
    let { at } = this;
    let byte = bytes[at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at];
    this.at = at;
    return byte;
  }

  /** Takes this character if it comes next. */
  take(char: "{" | "}" | "[" | "]" | "," | ":"): boolean {
    if (this.peek() !== char.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  /** Takes this character or fails with what was expected. */
  expect(char: "{" | "}" | "[" | "]" | "," | ":", expected: string): void {
    if (!this.take(char)) this.fail(expected);
  }

  /** Reads over white space and a string, both quotes included. */
  skipString(expected = "expected a string"): void {
    if (this.peek() !== quote) this.fail(expected);
    const { bytes } = this;
    const end = bytes.length;
    let at = this.at + 1;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === quote) {
        this.at = at + 1;
        return;
      }
      if (byte < 0x20) this.failAt(at, "control character in a string, write it as an escape");
      at = byte === backslash ? this.skipEscape(at) : at + 1;
    }
    this.failAt(end, "expected the closing quote");
  }

  /** Reads over one value of any kind, at most `maxDepth` (≤ 32) containers deep. */
  skipValue(maxDepth = maxJsonDepth): void {
    let depth = 0;
    // One bit a level, the innermost lowest: 1 for an object, 0 for an array. 32 levels fit an int32.
    let objects = 0;
    for (;;) {
      const byte = this.peek();
      if (byte === openObject || byte === openArray) {
        if (++depth > maxDepth) this.fail(`more than ${maxDepth} levels deep`);
        this.at++;
        objects = (objects << 1) | (byte === openObject ? 1 : 0);
        if (this.peek() !== (byte === openObject ? closeObject : closeArray)) {
          if (byte === openObject) this.skipKey();
          continue;
        }
      } else if (byte === quote) this.skipString();
      else if (byte === minus || isDigit(byte)) this.skipNumber();
      else this.skipLiteral();

      for (;;) {
        if (depth === 0) return;
        const next = this.peek();
        const inObject = (objects & 1) === 1;
        if (next === comma) {
          this.at++;
          if (inObject) this.skipKey();
          break;
        }
        if (next !== (inObject ? closeObject : closeArray)) {
          this.fail(inObject ? 'expected "," or "}"' : 'expected "," or "]"');
        }
        this.at++;
        depth--;
        objects >>>= 1;
      }
    }
  }

  /** Fails unless nothing but white space is left. */
  expectEnd(): void {
    if (this.peek() !== undefined) this.fail("expected the end of the text");
  }

  /** @throws JsonSyntaxError always; at the end of the text it says so. */
  fail(reason: string): never {
    return this.failAt(this.at, reason);
  }

  private failAt(position: number, reason: string): never {
    throw new JsonSyntaxError(position < this.bytes.length ? reason : `the text ends early, ${reason}`, position);
  }

  private skipKey(): void {
    this.skipString("expected a key in quotes");
    if (this.peek() !== colon) this.fail('expected ":"');
    this.at++;
  }

  private skipEscape(at: number): number {
    switch (this.bytes[at + 1]) {
      case 0x75:
        for (let i = at + 2; i < at + 6; i++) {
          if (!isHexDigit(this.bytes[i])) this.failAt(i, "expected four hex digits after \\u");
        }
        return at + 6;
      case quote:
      case backslash:
      case 0x2f: // slash, then b f n r t
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 2;
      default:
        return this.failAt(at + 1, "unknown escape in a string");
    }
  }

  private skipNumber(): void {
    if (this.bytes[this.at] === minus) this.at++;
    if (this.bytes[this.at] === 0x30) {
      this.at++;
      if (isDigit(this.bytes[this.at])) this.fail("a number does not start with 0");
    } else this.skipDigits();
    if (this.bytes[this.at] === 0x2e) {
      this.at++;
      this.skipDigits();
    }
    const exponent = this.bytes[this.at];
    if (exponent === 0x65 || exponent === 0x45) {
      const sign = this.bytes[++this.at];
      if (sign === 0x2b || sign === minus) this.at++;
      this.skipDigits();
    }
  }

  private skipDigits(): void {
    if (!isDigit(this.bytes[this.at])) this.fail("expected a digit");
    do this.at++;
    while (isDigit(this.bytes[this.at]));
  }

  private skipLiteral(): void {
    const literal = literals.get(this.bytes[this.at] ?? 0);
    if (literal === undefined) this.fail("expected a value");
    for (let i = 0; i < literal.length; i++) {
      if (this.bytes[this.at + i] !== literal.charCodeAt(i)) this.failAt(this.at + i, `expected ${literal}`);
    }
    this.at += literal.length;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

/** Says where these bytes stop being UTF-8, or undefined when they do not. */
export function checkUtf8(bytes: Uint8Array): string | undefined {
  if (isUtf8(bytes)) return undefined;
  // Decoding puts U+FFFD where a byte is wrong: the first one that the bytes themselves do not spell is the place.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let position = 0;
  for (let from = 0; ; ) {
    const at = text.indexOf("\ufffd", from);
    position += Buffer.byteLength(text.slice(from, at));
    if (bytes[position] !== 0xef || bytes[position + 1] !== 0xbf || bytes[position + 2] !== 0xbd) break;
    position += 3;
    from = at + 1;
  }
  return `invalid UTF-8 at byte ${position}`;
}

/**
 * Whether these bytes are one JSON value in valid UTF-8, at most 32 levels deep. Any JSON counts: numbers of any
 * length and repeated keys too, since the text is delivered as it is and never parsed and written again.
 *
 * @returns what is wrong and at which byte, counted from 0; undefined when nothing is.
 */
export function checkJson(bytes: Uint8Array): string | undefined {
  const invalid = checkUtf8(bytes);
  if (invalid !== undefined) return invalid;
  const scanner = new JsonScanner(bytes);
  try {
    scanner.skipValue();
    scanner.expectEnd();
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

/**
 * The forms of settings as regular expressions of the whole text, without ^ and $. The schema of the chart's values has them
 * too, so they are written in what JavaScript and Go's RE2 (Helm) read alike: nothing looks ahead, and \s and \d, which
 * mean more to the one than to the other, are left out.
 */
const blank = "[ \\t\\r\\n]*";
const digits = 12;

/** The units of durations in ms, and those of sizes in bytes, from small to large. */
export const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const byteCounts = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

export const whole = "0*[1-9][0-9]{0,14}";
export const bytes = `0*[0-9]{1,${digits}}(${Object.keys(byteCounts).join("|")})`;
export const duration = `0*[0-9]{1,${digits}}(${Object.keys(milliseconds).join("|")})`;
/** A region's name is part of stream names and subjects. */
export const regionName = "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?";
export const namespace = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
export const nameOrNone = "[^\\x00-\\x20\\x7f]{0,253}";
export const httpUrl = "[Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20\\x7f]+";
/** Whether bits stand beyond the prefix, and much of IPv6, is for the parser to say. */
export const cidr = "([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/(0|[1-9][0-9]{0,2}))?";
/** An entry of a list of names; the parser knows more about it. */
export const entry = "[^,]+";
export const line = "[^\\x00-\\x1f\\x7f]*";

const seconds = `0*([0-9]{1,${digits}}[smhd]|([0-9]{0,${digits - 3}}000|0)ms)`;
/** 20 waits at most. */
export const schedule = `${blank}0+(ms|[smhd])${blank}(,${blank}${seconds}${blank}){0,19}`;

/** Whole numbers above 0 up to `max`, which is small. */
export function wholeUpTo(max: number): string {
  return `0*(${Array.from({ length: max }, (_, i) => i + 1).join("|")})`;
}

/** Durations of `min` ms or more, which is above 0. */
export function durationFrom(min: number): string {
  const byCount = Map.groupBy(Object.entries(milliseconds), ([, scale]) => Math.ceil(min / scale));
  const parts = [...byCount].map(([count, of]) => `${from(count)}(${of.map(([unit]) => unit).join("|")})`);
  return `0*(${parts.join("|")})`;
}

/** Decimal numbers from `count` on: as long and larger at some place, or equal, or longer. */
function from(count: number): string {
  const text = String(count);
  const last = text.length - 1;
  const larger = text.split("").flatMap((digit, at) => {
    const least = Number(digit) + (at === last ? 0 : 1);
    const rest = at === last ? "" : `[0-9]{${last - at}}`;
    return least > 9 ? [] : [`${text.slice(0, at)}[${least}-9]${rest}`];
  });
  return `(${[...larger, `[1-9][0-9]{${text.length},${digits - 1}}`].join("|")})`;
}

export function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(${pattern})$`, "u").test(text);
}

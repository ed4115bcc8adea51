const unitsMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000 };

/** `2160h`, `1h30m`, `0.5h` in ms: the form that the CRD lets through. @throws Error for anything else */
export function parseGoDuration(text: string): number {
  if (!/^([0-9]+(\.[0-9]+)?(s|m|h))+$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a duration`);
  let total = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(s|m|h)/g)) {
    total += Number(count) * (unitsMs[unit] ?? 0);
  }
  return Math.round(total);
}

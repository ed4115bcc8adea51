/** One line of what /metrics answers. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The samples of Prometheus' text format, those of one name only. */
export function samplesOf(text: string, name: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) return [];
    const labels = Object.fromEntries(
      [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    return [{ name, labels, value: Number(line.slice(line.lastIndexOf(" ") + 1)) }];
  });
}

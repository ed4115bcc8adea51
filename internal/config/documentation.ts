import type { Setting } from "./setting.ts";
import { sections } from "./settings.ts";
import { formatBytes, formatDuration } from "./values.ts";

const generated = "made from internal/config/sections by `npm run settings:gen`; change it there";

/** docs/configuration.md. */
export function renderReference(): string {
  const parts = Object.entries(sections).map(([title, settings]) => {
    const rows = Object.entries(settings).map(([name, setting]) => row(name, setting));
    return `## ${title}\n\n| Setting | Default | Unit | What it is for |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  });
  return `<!-- ${generated} -->

# Configuration

Every part of Sealpost reads its settings from the environment, and from a \`.env\` file in the folder it is started in;
what the environment has, wins. An empty variable counts as not set. What is missing or wrong is reported all at once
when a part starts, with what to do.

Durations are a whole number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`; sizes a whole number with \`B\`, \`KiB\`, \`MiB\`, \`GiB\` or
\`TiB\`. \`npm run dev\` needs no setting at all: it makes its own keys and starts its own Postgres and NATS. Tracing starts
when the standard \`OTEL_EXPORTER_OTLP_ENDPOINT\` is set, and follows the other \`OTEL_\` variables
([docs/tracing.md](tracing.md)).

${parts.join("\n")}`;
}

/** .env.example. */
export function renderExample(): string {
  const parts = Object.entries(sections).map(([title, settings]) => {
    const lines = Object.entries(settings).map(([name, setting]) => {
      const how = setting.madeWith === undefined ? "" : `# Make one with: ${setting.madeWith}\n`;
      const required = setting.default === null && (setting.needed?.in({}) ?? true);
      const value = shown(setting) ?? setting.example ?? "";
      return `# ${setting.doc}\n${how}${required ? "" : "# "}${name}=${value}\n`;
    });
    return `# --- ${title} ---\n\n${lines.join("\n")}`;
  });
  return `# Copy to .env and fill in what has no default; \`npm run infra\` writes one by itself when there is none.
# This file is ${generated}.

${parts.join("\n")}`;
}

function row(name: string, setting: Setting<unknown>): string {
  const standard = setting.shownDefault ?? shown(setting);
  const how = setting.madeWith === undefined ? "" : ` Make one with \`${setting.madeWith}\`.`;
  const words = Array.isArray(setting.format)
    ? ` One of ${setting.format.map((word) => `\`${word}\``).join(", ")}.`
    : "";
  const cells = [
    `\`${name}\``,
    standard === undefined
      ? `none: required${setting.needed ? ` ${setting.needed.when}` : ""}`
      : code(standard, setting),
    setting.unit,
    `${setting.doc}${words}${how}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(standard: string, setting: Setting<unknown>): string {
  return setting.shownDefault === undefined ? `\`${standard}\`` : standard;
}

/** The default as one would write it; undefined when there is none. */
function shown(setting: Setting<unknown>): string | undefined {
  const { default: standard, format } = setting;
  if (standard === null || standard === undefined) return undefined;
  if (format === "schedule") return (standard as number[]).map(formatDuration).join(",");
  if (format === "duration") return formatDuration(standard as number);
  if (format === "bytes") return formatBytes(standard as number);
  return String(standard);
}

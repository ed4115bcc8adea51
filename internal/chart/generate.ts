import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { copiesOf } from "./copies.ts";
import { readDocumentedValues } from "./documented-values.ts";
import { valueForms } from "./settings-schema.ts";
import { valuesSchema } from "./values-schema.ts";
import { valuesTable } from "./values-table.ts";

/**
 * Writes what the chart has from elsewhere: the schema and the table of its values, and what stands in deploy/. With
 * `--check`, says what is not up to date and fails.
 */
const check = process.argv.includes("--check");
const root = fileURLToPath(new URL("../../", import.meta.url));
const chart = path.join(root, "charts/sealpost");
const read = (file: string) => readFileSync(path.join(chart, file), "utf8");

const values = readDocumentedValues(read("values.yaml"), valueForms());
const schema = valuesSchema(values);
const [begin, end] = ["<!-- values -->\n", "<!-- end of values -->\n"] as const;
const readme = read("README.md");
const [before, after] = [readme.split(begin)[0] ?? "", readme.split(end)[1] ?? ""];

const files = new Map([
  ["values.schema.json", `${JSON.stringify(schema, null, 2)}\n`],
  ["README.md", `${before}${begin}\n${valuesTable(values)}\n${end}${after}`],
  ...copiesOf(path.join(root, "deploy")),
]);

for (const [file, content] of files) {
  const at = path.join(chart, file);
  if (!check) {
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
  } else if (!existsSync(at) || readFileSync(at, "utf8") !== content) {
    complain(`charts/sealpost/${file} is not what its source says: run npm run chart:gen`);
  }
}
const there = readdirSync(path.join(chart, "files"), { recursive: true, withFileTypes: true });
for (const entry of there.filter((each) => each.isFile())) {
  const file = path.relative(chart, path.join(entry.parentPath, entry.name));
  if (!files.has(file)) complain(`charts/sealpost/${file} has no source any more`);
}

function complain(text: string): void {
  console.error(text);
  process.exitCode = 1;
}

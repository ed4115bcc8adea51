import { readFileSync, writeFileSync } from "node:fs";

// README shows whole files of docs/examples, which are tested where they stand. Each stands below a line
// `<!-- file: <path> -->`; this puts the file's text there, `--check` only says what differs.
const shown = /<!-- file: (?<path>\S+) -->\n```(?<language>\w+)\n[\s\S]*?\n```\n/g;

const readme = readFileSync("README.md", "utf8");
let count = 0;
const anew = readme.replace(shown, (_, path: string, language: string) => {
  count++;
  return `<!-- file: ${path} -->\n\`\`\`${language}\n${readFileSync(path, "utf8").trimEnd()}\n\`\`\`\n`;
});

if (count === 0) {
  console.error("README.md shows no file: its markers are gone");
  process.exitCode = 1;
} else if (!process.argv.includes("--check")) {
  writeFileSync("README.md", anew);
} else if (anew !== readme) {
  console.error("README.md shows other text than docs/examples has (mend: node .ci/readme.ts)");
  process.exitCode = 1;
}

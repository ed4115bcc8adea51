import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

// Every link from one of our pages to another, or to a heading, leads somewhere. Addresses on the internet are not asked.
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((page) => page !== "" && existsSync(page));

/** As GitHub makes anchors of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, "utf8").match(/^#{1,6} .+$/gm) ?? [];
  const plain = (heading: string) =>
    heading
      .replace(/^#+ /, "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  return new Set(headings.map(plain));
}

let seen = 0;
const dead: string[] = [];
for (const page of pages) {
  const text = readFileSync(page, "utf8").replace(/^```[\s\S]*?^```/gm, "");
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    seen++;
    const [file = "", anchor] = target.split("#");
    const led = file === "" ? page : path.join(path.dirname(page), file);
    if (!existsSync(led)) dead.push(`${page}: ${target} leads to no file`);
    else if (anchor && led.endsWith(".md") && !anchorsOf(led).has(anchor))
      dead.push(`${page}: ${target} has no heading`);
  }
}
if (seen < 50) dead.push(`only ${seen} links were seen`);
for (const line of dead) console.error(line);
process.exitCode = dead.length > 0 ? 1 : 0;

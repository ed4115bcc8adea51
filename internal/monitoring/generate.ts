import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { ruleGroups } from "./alerts/groups.ts";
import { dashboards } from "./dashboards/all.ts";

/** Writes dashboards and alerts into deploy/; with `--check`, says what is not up to date and fails. */
const check = process.argv.includes("--check");
const root = fileURLToPath(new URL("../../", import.meta.url));

const rulesHead = `# Made from internal/monitoring/alerts by npm run monitoring:gen; change it there.
# A rules file of Prometheus; a PrometheusRule takes the same groups under spec.
`;
const files: [file: string, content: string][] = [
  ...Object.entries(dashboards).map(([name, dashboard]): [string, string] => [
    `deploy/dashboards/${name}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]),
  ["deploy/alerts/sealpost.yaml", rulesHead + stringify({ groups: ruleGroups }, { lineWidth: 0 })],
];

for (const [file, content] of files) {
  const at = path.join(root, file);
  if (!check) {
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
  } else if (!existsSync(at) || readFileSync(at, "utf8") !== content) {
    console.error(`${file} is not what internal/monitoring says: run npm run monitoring:gen`);
    process.exitCode = 1;
  }
}

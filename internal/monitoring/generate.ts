import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { ruleGroups } from "./alerts/groups.ts";
import { runbooks } from "./alerts/rule.ts";
import { dashboards } from "./dashboards/all.ts";

/**
 * Writes dashboards and alerts into deploy/; with `--check`, says what is not up to date and fails. `--runbooks <address>`:
 * where your copy of docs/runbooks is, without a slash at its end.
 */
const options = {
  check: { type: "boolean", default: false },
  runbooks: { type: "string", default: runbooks },
} as const;
const { check, runbooks: published } = parseArgs({ options }).values;
const root = fileURLToPath(new URL("../../", import.meta.url));

const rulesHead = `# Made from internal/monitoring/alerts by npm run monitoring:gen; change it there.
# A rules file of Prometheus; a PrometheusRule takes the same groups under spec.
`;
const rules = stringify({ groups: ruleGroups }, { lineWidth: 0 });
const files: [file: string, content: string][] = [
  ...Object.entries(dashboards).map(([name, dashboard]): [string, string] => [
    `deploy/dashboards/${name}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]),
  ["deploy/alerts/sealpost.yaml", rulesHead + rules.replaceAll(`${runbooks}/`, `${published}/`)],
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

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { specialBlocks } from "../network/special-ranges.ts";

interface Role {
  kind: string;
  metadata: { name: string };
  rules: object[];
}

/**
 * What the chart takes from deploy/ and from the guard, by its path in the chart: Helm reads nothing from outside of a chart, and follows
 * links with a warning.
 */
export function copiesOf(deploy: string): Map<string, string> {
  const copies = new Map<string, string>();
  const copy = (folder: string, file: string, to = file) =>
    copies.set(`files/${to}`, readFileSync(path.join(deploy, folder, file), "utf8"));
  copy("crds", "webhookendpoints.sealpost.dev.yaml");
  copy("admission", "namespace-workspace.yaml");
  copy("rbac", "users.yaml");
  copy("alerts", "sealpost.yaml", "alerts.yaml");
  for (const file of readdirSync(path.join(deploy, "dashboards"))) copy("dashboards", file, `dashboards/${file}`);
  copies.set("files/rbac.yaml", roleRules(path.join(deploy, "rbac")));
  const special = stringify(specialBlocks(), { lineWidth: 0 });
  copies.set(
    "files/special-ranges.yaml",
    `# Of internal/network/special-ranges.ts, by npm run chart:gen; change it there.\n${special}`,
  );
  return copies;
}

/** The rules of the roles whose names and subjects are the release's. */
function roleRules(folder: string): string {
  const rulesOf = (file: string, kind: string, name: string) => {
    const roles = parseAllDocuments(readFileSync(path.join(folder, file), "utf8")).map((each) => each.toJSON() as Role);
    const role = roles.find((each) => each.kind === kind && each.metadata.name === name);
    if (!role) throw new Error(`deploy/rbac/${file} has no ${kind} ${name}`);
    return role.rules;
  };
  const rules = {
    everywhere: rulesOf("controller.yaml", "ClusterRole", "sealpost-controller"),
    within: rulesOf("controller-namespaced.yaml", "Role", "sealpost-controller"),
    bootstrap: rulesOf("bootstrap.yaml", "Role", "sealpost-bootstrap"),
    leader: rulesOf("controller.yaml", "Role", "sealpost-controller-leader"),
  };
  return `# The rules of deploy/rbac, by npm run chart:gen; change them there.\n${stringify(rules, { lineWidth: 0 })}`;
}

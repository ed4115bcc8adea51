import type { IForbiddenRuleType } from "dependency-cruiser";

// kernel <- flow <- adapters and edge <- cmd. docs/architecture.md draws it.
const kernel = "domain|network|batching|retry|signing|secrets|config|tls|telemetry|lifecycle";
const flow = "tenancy|endpoints|events|delivery|history|audit|controller|bootstrap|verification";
const adapters = "store|stream|egress|kube|keyservice";
// The API as a client sees it: an adapter that knows the protocol besides.
const client = "apiclient";
const edge = "rpc|gateway";
// Programs beside the system, for development and demonstration.
const tools = "receiver|devstack|monitoring|chart";
const ours = "^(internal|cmd|test)/";

function rule(name: string, comment: string, from: object, to: object): IForbiddenRuleType {
  return { name, comment, severity: "error", from, to };
}

/** Only one folder of internal/ may import these packages: everybody else asks through a port. */
function fence(packages: string, folder: string): IForbiddenRuleType {
  return rule(
    `fence-${folder}`,
    `internal/${folder} is the only place for ${packages}`,
    { path: "^(internal|cmd)/", pathNot: `^internal/(${folder})/` },
    { path: `(^|/)node_modules/(${packages})(/|$)` },
  );
}

/** What must not be imported from where. */
export const importRules: IForbiddenRuleType[] = [
  rule("no-cycles", "files that import each other cannot be read one by one", {}, { circular: true }),
  rule("no-unresolved", "an import that does not resolve escapes every other rule", {}, { couldNotResolve: true }),
  rule(
    "kernel",
    "the kernel imports nothing of ours but itself",
    { path: `^internal/(${kernel})/` },
    { path: ours, pathNot: `^internal/(${kernel})/` },
  ),
  rule(
    "flow",
    "a flow folder imports the kernel and itself; what it needs of others is a port",
    { path: `^internal/(${flow})/` },
    { path: ours, pathNot: [`^internal/(${kernel})/`, "^internal/$1/"] },
  ),
  rule(
    "adapters",
    "adapters implement the ports of the flow and never import each other",
    { path: `^internal/(${adapters})/` },
    { path: ours, pathNot: [`^internal/(${kernel}|${flow})/`, "^internal/$1/"] },
  ),
  rule(
    "client",
    "a client of the API knows the protocol, and nothing of what serves it",
    { path: `^internal/(${client})/` },
    { path: ours, pathNot: [`^internal/(${kernel}|${flow})/`, "^internal/$1/", "^internal/rpc/gen/"] },
  ),
  rule(
    "edge",
    "the edge calls the flow and never an adapter",
    { path: `^internal/(${edge})/` },
    { path: ours, pathNot: `^internal/(${kernel}|${flow}|${edge})/` },
  ),
  rule(
    "tools",
    "a tool shares the kernel only",
    { path: `^internal/(${tools})/` },
    { path: ours, pathNot: [`^internal/(${kernel})/`, "^internal/$1/"] },
  ),
  rule(
    "known-folders",
    "a new folder of internal/ needs its place in these rules first",
    { path: "^internal/", pathNot: `^internal/(${kernel}|${flow}|${adapters}|${client}|${edge}|${tools})/` },
    { path: ours },
  ),
  rule("cmd-is-the-root", "cmd puts the parts together, nothing imports it", { path: "^internal/" }, { path: "^cmd/" }),
  rule("no-test-code", "what ships does not import test/", { path: "^(internal|cmd)/" }, { path: "^test/" }),
  fence("sequelize|pg|pg-[^/]+|umzug", "store"),
  fence("nats", "stream"),
  fence("undici", "egress"),
  fence("@aws-sdk/[^/]+", "keyservice"),
  fence("fastify|@fastify/[^/]+", "gateway"),
  fence("@grpc/[^/]+|grpc-health-check", "rpc|apiclient"),
  fence("@kubernetes/client-node", "kube"),
];

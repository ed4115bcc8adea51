import { spawnSync } from "node:child_process";
import path from "node:path";
import { home, startNode, stopNode } from "./single-node.ts";

// For looking around by hand: `node test/node/cli.ts up`, `… down`, `… kubectl get pods -A`, `… helm list -A`.
const [what = "", ...more] = process.argv.slice(2);
if (what === "up") {
  await startNode(console.log);
  console.log("the node ends with this program (Ctrl-C)");
  process.once("SIGINT", () => void stopNode().then(() => process.exit(0)));
  setInterval(() => {}, 2 ** 30);
} else if (what === "down") await stopNode();
else process.exitCode = spawnSync(path.join(home(), "in.sh"), [what, ...more], { stdio: "inherit" }).status ?? 1;

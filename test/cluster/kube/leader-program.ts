import { KubeClient } from "../../../internal/kube/client.ts";
import { loadKubeConfig } from "../../../internal/kube/kube-config.ts";
import { LeaderElection } from "../../../internal/kube/leader-election.ts";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import { configMap, configMaps } from "./fixture.ts";

/** A process that writes its name into a config map as long as it leads: `<namespace> <identity>`, short times. */
const [namespace = "", identity = ""] = process.argv.slice(2);
const config = loadKubeConfig();
const election = new LeaderElection({
  client: new KubeClient({ config, userAgent: identity }),
  lease: { namespace, name: "test" },
  identity,
  durationMs: 5000,
  renewDeadlineMs: 4000,
  retryMs: 200,
  onError: (message, error) => console.log(`${message}: ${(error as Error).message}`),
});
await election.acquire();
console.log("leads");
void election.lost.then((reason) => {
  console.log(reason);
  process.exit(1);
});
process.once("SIGTERM", () => void election.release().then(() => process.exit(0)));

const maps = new ResourceClient(
  new KubeClient({ config, userAgent: identity, mayWrite: () => election.leads }),
  configMaps,
);
let { metadata } = configMap(namespace, "written-by");
for (let n = 0; election.leads; n++) {
  // What it read last goes with it: a request that was on its way when the process was stopped is refused later.
  const wanted = { metadata, data: { leader: identity, n: String(n) } };
  const written = await maps.apply(wanted, "leader").catch(() => undefined);
  const { name, resourceVersion } = written?.metadata ?? metadata;
  metadata = { namespace, name, ...(resourceVersion && { resourceVersion }) };
}

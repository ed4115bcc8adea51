import { hostname } from "node:os";
import { Channel } from "../internal/apiclient/channel.ts";
import { patiently } from "../internal/apiclient/patience.ts";
import { TenantClient } from "../internal/apiclient/tenant-client.ts";
import { bootstrap, type Wanted } from "../internal/bootstrap/bootstrap.ts";
import { readSettings, type Settings } from "../internal/config/read.ts";
import { version } from "../internal/config/version.ts";
import { ApiRefusal } from "../internal/controller/ports.ts";
import { KubeApiError } from "../internal/kube/api-error.ts";
import { KubeClient } from "../internal/kube/client.ts";
import { ClusterKeySecrets } from "../internal/kube/key-secrets.ts";
import { loadKubeConfig } from "../internal/kube/kube-config.ts";
import { LeaderElection } from "../internal/kube/leader-election.ts";
import { exitCodes, runCommand } from "../internal/lifecycle/run.ts";
import { formatCidr } from "../internal/network/cidr.ts";
import { clientCertificate } from "../internal/tls/client-certificate.ts";

const settingNames = [
  "SEALPOST_MODE",
  "SEALPOST_ADMIN_KEY",
  "ALLOW_PLAINTEXT_API",
  "BOOTSTRAP_API_URL",
  "BOOTSTRAP_API_CA_FILE",
  "BOOTSTRAP_API_CLIENT_CERT_FILE",
  "BOOTSTRAP_API_CLIENT_KEY_FILE",
  "BOOTSTRAP_COMPANY_NAME",
  "BOOTSTRAP_COMPANY_ID",
  "BOOTSTRAP_PLAN_TIER",
  "BOOTSTRAP_WORKSPACE_NAME",
  "BOOTSTRAP_REGION",
  "BOOTSTRAP_ALLOWED_CIDRS",
  "BOOTSTRAP_CONTROLLER_OPERATIONS_PER_MINUTE",
  "BOOTSTRAP_CONTROLLER_READS_PER_MINUTE",
  "BOOTSTRAP_DELIVERY_CIDRS",
  "BOOTSTRAP_DELIVERY_NAME_SUFFIXES",
  "BOOTSTRAP_DELIVERY_ALLOW_HTTP",
  "BOOTSTRAP_NAMESPACE",
  "BOOTSTRAP_KEYS_SECRET",
  "BOOTSTRAP_CONTROLLER_SECRET",
  "BOOTSTRAP_REPLACE_SECRETS",
  "BOOTSTRAP_TIMEOUT",
] as const;

/** In ms; shorter than a controller's: what one run does takes a second, and the next one waits for a killed one's. */
const leaseTimes = { durationMs: 6_000, renewDeadlineMs: 4_000, retryMs: 1_000 };

/** Makes the first company, workspace and keys of an installation and leaves the keys in Secrets; again and again, once. */
await runCommand(async () => {
  const settings = readSettings(settingNames);
  const say = (text: string) => console.log(text);
  const deadline = Date.now() + settings.BOOTSTRAP_TIMEOUT;
  const config = loadKubeConfig();
  const namespace = settings.BOOTSTRAP_NAMESPACE || config.namespace || "default";
  const userAgent = `sealpost-bootstrap/${version}`;
  const election = electionOf(new KubeClient({ config, userAgent }), namespace, settings.BOOTSTRAP_KEYS_SECRET, say);
  const client = new KubeClient({ config, userAgent, mayWrite: () => election.leads });
  const { BOOTSTRAP_API_URL: url, SEALPOST_ADMIN_KEY: key } = settings;
  const channel = new Channel({ url, key, tls: clientCertificate("BOOTSTRAP", settings) });
  // A container's first process is deaf to signals that it does not handle.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void election.release().finally(() => process.exit(exitCodes.failed)));
  }
  try {
    await turn(election, deadline);
    const ports = {
      tenants: new TenantClient(channel, () => election.leads),
      secrets: new ClusterKeySecrets(client, namespace),
      say,
    };
    const wanted = wantedOf(settings, namespace);
    const patience = { api: { url, client: "BOOTSTRAP" as const }, deadline, say };
    const { company, workspace } = await patiently(patience, () => bootstrap(ports, wanted)).catch(advise);
    const secrets = [wanted.keysSecret, wanted.controllerSecret].filter(Boolean).join(" and ");
    say(
      `done: company ${company.id}, workspace ${workspace.id} in ${workspace.region}; keys in ${namespace}/${secrets}`,
    );
  } finally {
    channel.close();
    await election.release();
  }
});

/** @throws the error, with what to do where it does not say that itself */
function advise(error: unknown): never {
  const { message } = error as Error;
  const refused = error instanceof ApiRefusal && error.status === "UNAUTHENTICATED";
  if (refused) throw new Error(`${message}; SEALPOST_ADMIN_KEY must be the one that the API has`, { cause: error });
  const asked = error instanceof ApiRefusal && error.status === "INVALID_ARGUMENT";
  if (asked) throw new Error(`${message}; the BOOTSTRAP_ settings say what was asked for`, { cause: error });
  const forbidden = error instanceof KubeApiError && error.status === 403;
  if (forbidden) throw new Error(`${message}; deploy/rbac/bootstrap.yaml has the rights it needs`, { cause: error });
  throw error;
}

/** One run at a time, by a Lease that has the name of the Secret it guards. */
function electionOf(client: KubeClient, namespace: string, name: string, say: (text: string) => void): LeaderElection {
  let said = "";
  return new LeaderElection({
    client,
    lease: { namespace, name },
    identity: `${hostname()}-${process.pid}-${Date.now().toString(36)}`,
    ...leaseTimes,
    onError(message, error) {
      const text = `${message}: ${(error as Error).message}`;
      if (text !== said) say(text);
      said = text;
    },
  });
}

/** Waits until no other run is under way. */
async function turn(election: LeaderElection, deadline: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = "time is up, and the Lease was not to be had: another run has it, or the rights on it are missing";
    timer = setTimeout(() => reject(new Error(why)), deadline - Date.now());
  });
  await Promise.race([election.acquire(), late]).finally(() => clearTimeout(timer));
}

function wantedOf(settings: Settings<(typeof settingNames)[number]>, namespace: string): Wanted {
  const region = settings.BOOTSTRAP_REGION;
  return {
    company: {
      name: settings.BOOTSTRAP_COMPANY_NAME.trim(),
      id: settings.BOOTSTRAP_COMPANY_ID,
      planTier: settings.BOOTSTRAP_PLAN_TIER,
      allowedCidrs: settings.BOOTSTRAP_ALLOWED_CIDRS.map(formatCidr),
      deliveryNetworks: {
        networks: settings.BOOTSTRAP_DELIVERY_CIDRS.map((cidr) => {
          const text = formatCidr(cidr);
          return { name: `bootstrap ${text}`, cidr: text };
        }),
        nameSuffixes: [...settings.BOOTSTRAP_DELIVERY_NAME_SUFFIXES],
        allowHttp: settings.BOOTSTRAP_DELIVERY_ALLOW_HTTP === "true",
      },
    },
    workspace: { name: settings.BOOTSTRAP_WORKSPACE_NAME.trim(), region },
    keysSecret: settings.BOOTSTRAP_KEYS_SECRET,
    controllerSecret: settings.BOOTSTRAP_CONTROLLER_SECRET,
    controllerLimits: {
      operationsPerMinute: settings.BOOTSTRAP_CONTROLLER_OPERATIONS_PER_MINUTE,
      readsPerMinute: settings.BOOTSTRAP_CONTROLLER_READS_PER_MINUTE,
    },
    replace: settings.BOOTSTRAP_REPLACE_SECRETS === "true",
    installation: `${region} ${namespace}`,
  };
}

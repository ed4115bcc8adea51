import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { DevPorts } from "./dev-ports.ts";
import { devRegions, stackEnvironment } from "./environment.ts";
import { type Infrastructure, startInfrastructure } from "./infrastructure.ts";
import { type KubeOptions, type KubeStack, startKube } from "./kube-stack.ts";
import { worthShowing } from "./part-output.ts";
import { answersReady, isListening, startPart } from "./part-process.ts";
import { DevReceiver } from "./receiver-output.ts";
import { runPartOnce } from "./run-part.ts";
import { writeStackFile } from "./stack-file.ts";
import type { StateFolder } from "./state-folder.ts";
import { type Supervised, supervise } from "./supervisor.ts";
import { seedTenant, type Tenant } from "./tenant.ts";
import type { Terminal } from "./terminal.ts";

export interface StackOptions {
  state: StateFolder;
  ports: DevPorts;
  nats: { program: string; version: string };
  /** With a Kubernetes API server and the controller. */
  kube?: KubeOptions | undefined;
  planTier: string;
  /** Whether the rules of production hold. */
  production: boolean;
  terminal: Terminal;
  lifecycle: Pick<Lifecycle, "onStop">;
}

export interface Stack {
  tenant: Tenant;
  receiver: DevReceiver;
  /** Base address of the HTTP API. */
  http: string;
  /** `host:port` of the gRPC API. */
  grpc: string;
  receiverUrl: string;
  kube: KubeStack | undefined;
}

type PartName = "api" | "delivery" | "receiver" | "controller";
type StartedParts = Record<Exclude<PartName, "controller">, Supervised> & { controller?: Supervised };

/** What the API server may take until the controller has seen everything, in ms. */
const controllerMs = 90_000;

/** Starts all of Sealpost on this machine, each part supervised, and keeps .dev/stack.json up to date. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { state, ports, nats, planTier, production, terminal, lifecycle } = options;
  const say = (text: string) => terminal.from("dev", text);
  const keys = state.keys();
  const parts: Partial<Record<PartName, Supervised>> = {};
  let kube: KubeStack | undefined;
  let publishFile = () => {};

  const infrastructure = await timed(
    terminal,
    `Postgres on port ${ports.postgres}, NATS ${nats.version} on ${ports.nats}`,
    () =>
      startInfrastructure({
        postgres: { folder: state.postgres, port: ports.postgres },
        nats: { program: nats.program, storeDir: state.file("nats"), port: ports.nats },
        onStartedAgain: () => publishFile(),
        say,
      }),
  );
  lifecycle.onStop("postgres", (withinMs) => infrastructure.postgres.stop(withinMs));
  lifecycle.onStop("nats", (withinMs) => infrastructure.nats.stop(withinMs));
  const env = stackEnvironment(infrastructure, keys, production);
  await timed(terminal, "the database is migrated", () => runPartOnce("migrate", [], env));

  lifecycle.onStop("Kubernetes", (withinMs) => kube?.stop(withinMs));
  // Nothing is taken any more, then what was taken is finished, then whoever was to receive it goes.
  lifecycle.onStop("the parts", async (withinMs) => {
    const deadline = Date.now() + withinMs;
    for (const part of ["controller", "api", "delivery", "receiver"] as const)
      await parts[part]?.stop(deadline - Date.now());
  });
  const receiver = new DevReceiver(state, ports.receiver, terminal);
  const start = async (part: PartName, more: Record<string, string>, metricsPort?: number, startTimeoutMs?: number) => {
    const logFile = state.file(`logs/${part}.log`);
    const onLine =
      part === "receiver"
        ? (line: string) => receiver.onLine(line)
        : (line: string) => {
            const text = worthShowing(line);
            if (text !== undefined) terminal.from(part, text);
          };
    const isReady = metricsPort === undefined ? () => isListening(ports.receiver) : () => answersReady(metricsPort);
    const args = part === "receiver" ? receiver.args : [];
    const limit = startTimeoutMs === undefined ? {} : { startTimeoutMs };
    parts[part] = await supervise({
      name: part,
      start: (stopping) =>
        startPart({ part, args, env: { ...env, ...more }, logFile, onLine, isReady, stopping, ...limit }),
      onStartedAgain: () => publishFile(),
      say,
    });
  };
  const metrics = (port: number) => ({ METRICS_PORT: String(port) });
  const apiPorts = { GRPC_PORT: String(ports.grpc), HTTP_PORT: String(ports.http) };
  const http = `http://localhost:${ports.http}`;
  const receiverUrl = `http://localhost:${ports.receiver}`;
  const [tenant] = await Promise.all([
    timed(terminal, `a ${planTier} company is seeded`, () => seedTenant(state, { ...env, SEED_PLAN_TIER: planTier })),
    timed(terminal, `receiver   ${receiverUrl}`, () => start("receiver", receiver.env)),
    timed(terminal, `delivery   serves the regions ${devRegions.join(" and ")}`, () =>
      start("delivery", metrics(ports.deliveryMetrics), ports.deliveryMetrics),
    ),
    timed(terminal, `api        HTTP ${http}, gRPC localhost:${ports.grpc}`, () =>
      start("api", { ...metrics(ports.apiMetrics), ...apiPorts }, ports.apiMetrics),
    ),
    options.kube && startKubernetes(options.kube),
  ]);
  const grpc = `localhost:${ports.grpc}`;
  if (kube && options.kube) await startController(kube, options.kube.ports.controllerMetrics);
  publishFile = () => writeStackFile(state, stackFile(infrastructure, parts as StartedParts));
  publishFile();
  return { tenant, receiver, http, grpc, receiverUrl, kube };

  async function startKubernetes(asked: KubeOptions): Promise<void> {
    const what = `Kubernetes ${asked.programs.version} on port ${asked.ports.kubeApi}`;
    const onStartedAgain = () => publishFile();
    kube = await timed(terminal, what, () => startKube(asked, state, { onStartedAgain, say }));
  }

  async function startController(cluster: KubeStack, metricsPort: number): Promise<void> {
    await timed(terminal, "controller keeps the endpoints of the namespace default", async () => {
      const more = await cluster.controllerEnvironment(tenant, grpc);
      await start("controller", { ...metrics(metricsPort), ...more }, metricsPort, controllerMs);
    });
  }

  function stackFile({ databaseUrl, natsUrl, postgres, nats }: Infrastructure, running: StartedParts) {
    const { planTier: _plan, ...who } = tenant;
    return {
      http: `http://127.0.0.1:${ports.http}`,
      grpc: `127.0.0.1:${ports.grpc}`,
      receiver: `http://127.0.0.1:${ports.receiver}`,
      natsUrl,
      natsStore: state.file("nats"),
      databaseUrl,
      metrics: {
        api: `http://127.0.0.1:${ports.apiMetrics}/metrics`,
        delivery: `http://127.0.0.1:${ports.deliveryMetrics}/metrics`,
      },
      ...who,
      adminKey: keys.adminKey,
      pids: {
        api: running.api.pid(),
        delivery: running.delivery.pid(),
        receiver: running.receiver.pid(),
        postgres: postgres.pid(),
        nats: nats.pid(),
        ...(running.controller && { controller: running.controller.pid() }),
        ...kube?.pids(),
      },
      ...(kube && { kubeconfig: kube.kubeconfig }),
    };
  }
}

async function timed<T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  terminal.done(what, performance.now() - startedAt);
  return result;
}

import { randomBytes } from "node:crypto";
import { freePort } from "../../internal/devstack/free-port.ts";
import { Child, type ChildOptions } from "./child.ts";
import { reportFailure } from "./failures.ts";
import { type NatsServer, startNats } from "./nats.ts";
import { createOwnDatabase } from "./own-database.ts";
import { createDatabase, type PostgresServer } from "./postgres.ts";
import { createTenant, type Tenant } from "./tenant.ts";

export interface SystemOptions {
  /** One nats-server each. ["us"] */
  regions?: string[];
  /** 1 */
  apis?: number;
  /** 1; each serves every region unless `deliveryRegions` says otherwise. */
  deliveries?: number;
  deliveryRegions?: string[][];
  /** WEBHOOK_RETRY_SCHEDULE, e.g. "0s,1s,2s". */
  schedule?: string;
  /** More settings, for every process. */
  env?: Record<string, string>;
  /** A Postgres of its own that may be killed and started, instead of a database on the run's shared server. */
  ownPostgres?: boolean;
  /** A database of the caller's own, which outlives the system; without it, one is made. */
  databaseUrl?: string;
  /** For the node of every process, e.g. ["--cpu-prof"]. */
  nodeArgs?: string[];
}

/** An api or delivery process. */
export type Proc = Child & {
  /** `http://127.0.0.1:<port>`; empty on a delivery process. */
  http: string;
  /** `127.0.0.1:<port>`; empty on a delivery process. */
  grpc: string;
};

export interface System {
  databaseUrl: string;
  /** With `ownPostgres` only. */
  postgres?: PostgresServer;
  nats: Record<string, NatsServer>;
  apis: Proc[];
  deliveries: Proc[];
  adminKey: string;
  tenant(planTier?: string, region?: string): Promise<Tenant>;
  addApi(env?: Record<string, string>): Promise<Proc>;
  /** `program`: another than cmd/delivery.ts, one that dies at a chosen moment; it is not waited for to be ready. */
  addDelivery(options?: { regions?: string[]; env?: Record<string, string>; program?: string }): Promise<Proc>;
  /** Ends everything; prints the processes' last lines when a test of the file failed. */
  stop(): Promise<void>;
}

/** Starts the real system as real processes, every port a free one; resolves when all of it is ready. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { regions = ["us"], apis = 1, deliveries = 1, deliveryRegions = [] } = options;
  const stops: (() => Promise<unknown>)[] = [];
  const children: Proc[] = [];
  const nats: Record<string, NatsServer> = {};

  async function stop(): Promise<void> {
    reportFailure(() => printOutput(children));
    await Promise.all(children.map((child) => child.kill()));
    await Promise.all(stops.map((end) => end()));
  }
  try {
    const own = options.ownPostgres ? await createOwnDatabase() : undefined;
    const given = options.databaseUrl === undefined ? undefined : { url: options.databaseUrl, drop: async () => {} };
    const database = own ?? given ?? (await createDatabase());
    stops.push(() => database.drop());
    for (const region of regions) {
      const server = await startNats();
      nats[region] = server;
      stops.push(() => server.kill());
    }
    const adminKey = randomBytes(16).toString("hex");
    const env = {
      SEALPOST_MODE: "development",
      // The machine that tests may be a pod.
      KUBERNETES_SERVICE_HOST: "",
      SEALPOST_ADMIN_KEY: adminKey,
      SEALPOST_KEY_PEPPER: randomBytes(32).toString("hex"),
      WEBHOOK_SECRET_ENCRYPTION_KEY: randomBytes(32).toString("hex"),
      SEALPOST_REGIONS: regions.map((region) => `${region}=${nats[region]?.url}`).join(","),
      DATABASE_URL: database.url,
      ...(options.schedule !== undefined && { WEBHOOK_RETRY_SCHEDULE: options.schedule }),
      ...options.env,
    };
    const started: Pick<System, "apis" | "deliveries"> = { apis: [], deliveries: [] };
    const make = async (
      kind: "api" | "delivery",
      more: Record<string, string> = {},
      program = `cmd/${kind}.ts`,
    ): Promise<Proc> => {
      const list = kind === "api" ? started.apis : started.deliveries;
      const name = `${kind} ${list.length + 1}`;
      const child = await newProc(kind, { name, program, env: { ...env, ...more }, nodeArgs: options.nodeArgs ?? [] });
      list.push(child);
      children.push(child);
      return child;
    };
    const serving = (served?: string[]) => (served ? { DELIVERY_REGIONS: served.join(",") } : {});
    for (let i = 0; i < apis; i++) await make("api");
    for (let i = 0; i < deliveries; i++) await make("delivery", serving(deliveryRegions[i]));
    await Promise.all(children.map((child) => child.start()));

    const begin = async (made: Promise<Proc>, mayDie = false): Promise<Proc> => {
      const child = await made;
      if (mayDie) child.launch();
      else await child.start();
      return child;
    };
    const tenant = (planTier = "GROWTH", region = regions[0] ?? "us") =>
      createTenant(started.apis[0]?.http ?? "", adminKey, { planTier, region });
    return {
      databaseUrl: database.url,
      ...(own && { postgres: own.server }),
      nats,
      ...started,
      adminKey,
      tenant,
      addApi: (more) => begin(make("api", more)),
      addDelivery: (own = {}) =>
        begin(make("delivery", { ...serving(own.regions), ...own.env }, own.program), own.program !== undefined),
      stop,
    };
  } catch (error) {
    printOutput(children);
    await stop();
    throw error;
  }
}

async function newProc(
  kind: "api" | "delivery",
  options: Required<Pick<ChildOptions, "name" | "program" | "env" | "nodeArgs">>,
): Promise<Proc> {
  const [metrics, http, grpc] = [await freePort(), await freePort(), await freePort()];
  const ports = kind === "api" ? { HTTP_PORT: String(http), GRPC_PORT: String(grpc) } : {};
  const child = new Child({
    ...options,
    env: { METRICS_PORT: String(metrics), ...ports, ...options.env },
    metrics: `http://127.0.0.1:${metrics}`,
  });
  const addresses =
    kind === "api" ? { http: `http://127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` } : { http: "", grpc: "" };
  return Object.assign(child, addresses);
}

function printOutput(children: Proc[]): void {
  for (const child of children) {
    const lines = child.output().slice(-60);
    process.stderr.write(`\n--- ${child.name} (pid ${child.pid})\n${lines.join("\n")}\n`);
  }
}

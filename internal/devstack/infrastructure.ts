import { startNatsServer } from "./nats-process.ts";
import { startPostgresServer } from "./postgres-server.ts";
import { type Running, type Supervised, supervise } from "./supervisor.ts";

export interface InfrastructureOptions {
  postgres: { folder: string; port: number };
  nats: { program: string; storeDir: string; port: number };
  onStartedAgain: () => void;
  say: (text: string) => void;
}

export interface Infrastructure {
  databaseUrl: string;
  natsUrl: string;
  postgres: Supervised;
  nats: Supervised;
}

/** A server of devstack, as the supervisor wants it. */
interface Server {
  readonly pid: number;
  ended(): Promise<string>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Postgres and NATS on this machine, each started again when it dies. */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  const { onStartedAgain, say } = options;
  const [postgresServer, natsServer] = await Promise.all([
    startPostgresServer(options.postgres),
    startNatsServer(options.nats),
  ]);
  const supervised = (name: string, server: Server) =>
    supervise({ name, start: starting(server), onStartedAgain, say });
  return {
    databaseUrl: postgresServer.url,
    natsUrl: natsServer.url,
    postgres: await supervised("postgres", postgresServer),
    nats: await supervised("nats", natsServer),
  };
}

/** What the supervisor starts such a server with: the first time it runs already. */
export function starting(server: Server): () => Promise<Running> {
  let first = true;
  return async () => {
    if (!first) await server.start();
    first = false;
    return { pid: server.pid, ended: server.ended(), stop: () => server.stop() };
  };
}

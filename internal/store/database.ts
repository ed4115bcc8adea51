import pg from "pg";
import { Sequelize } from "sequelize";

export interface DatabaseOptions {
  /** Connections for models and ordinary queries at most; 10 unless told. */
  poolSize?: number;
  /** Connections for the prepared statements of the hot path at most; 6 unless told: each group commit uses one. */
  preparedPoolSize?: number;
  /** A statement that runs longer is cancelled by the server, ms; 10 s unless told. */
  statementTimeoutMs?: number;
  /** How long a query waits for a free connection, or for a new one, before it fails, ms; 5 s unless told. */
  connectTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
}

/** How many connections a pool has open now. */
export interface PoolUse {
  pool: "models" | "prepared";
  busy: number;
  idle: number;
  /** Queries that wait for a connection. */
  waiting: number;
  limit: number;
}

/** The record's connections. Opening it connects nothing: the first query does. */
export interface Database {
  readonly url: string;
  /** For models and ordinary queries. */
  readonly sequelize: Sequelize;
  /** For `runStatement`: planned once per connection, always by index. */
  readonly prepared: pg.Pool;
  /** For metrics. */
  use(): PoolUse[];
  close(): Promise<void>;
}

/** A connection is made anew after so many uses: a server process keeps what it prepared, and days bring new statements. */
const maxUses = 500_000;

/** A silent network is noticed this long after the server should have cancelled the statement itself, ms. */
const silenceMs = 5_000;

/**
 * Prepared statements look rows up by key and nothing else, so the planner is left nothing but nested loops over
 * indexes. Left to itself it plans once for tables as they are then: made just after midnight, while the day's tables
 * are empty, a plan that scans them whole stays in use when they hold a million rows (measured: 480 ms instead of 15
 * for 500 rows).
 */
const planning = [
  "plan_cache_mode = force_generic_plan",
  "enable_seqscan = off",
  "enable_bitmapscan = off",
  "enable_hashjoin = off",
  "enable_mergejoin = off",
  "random_page_cost = 0.1",
  "jit = off",
]
  .map((setting) => `SET ${setting}`)
  .join("; ");

/** Opens the connections to the Postgres at `url` (`postgres://user:password@host:port/database`). */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { poolSize = 10, statementTimeoutMs = 10_000, connectTimeoutMs = 5_000 } = options;
  const connection = {
    application_name: options.applicationName ?? "sealpost",
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + silenceMs,
    connectionTimeoutMillis: connectTimeoutMs,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
  };
  const sequelize = new Sequelize(url, {
    dialect: "postgres",
    logging: false,
    timezone: "+00:00",
    pool: { max: poolSize, min: 0, idle: 60_000, acquire: connectTimeoutMs, maxUses },
    define: { underscored: true, freezeTableName: true, timestamps: false },
    dialectOptions: connection,
  });
  const { preparedPoolSize = 6 } = options;
  const prepared = openPrepared(url, { ...connection, max: preparedPoolSize });
  return {
    url,
    sequelize,
    prepared,
    use: () => [
      { pool: "models", ...modelsUse(sequelize), limit: poolSize },
      {
        pool: "prepared",
        busy: prepared.totalCount - prepared.idleCount,
        idle: prepared.idleCount,
        waiting: prepared.waitingCount,
        limit: preparedPoolSize,
      },
    ],
    close: async () => {
      await Promise.all([sequelize.close(), prepared.end()]);
    },
  };
}

function modelsUse({ connectionManager }: Sequelize): Omit<PoolUse, "pool" | "limit"> {
  // Sequelize's types leave its pool out.
  const { pool } = connectionManager as unknown as { pool: Record<"using" | "available" | "waiting", number> };
  return { busy: pool.using, idle: pool.available, waiting: pool.waiting };
}

function openPrepared(url: string, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...config, connectionString: url, idleTimeoutMillis: 60_000, maxUses });
  // Ahead of the first statement on the same connection; if it fails, that statement fails too and says why.
  pool.on("connect", (client) => {
    // The pool listens only while a connection is idle; one that breaks in use rejects its query.
    client.on("error", () => {});
    client.query(planning).catch(() => {});
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  return pool;
}

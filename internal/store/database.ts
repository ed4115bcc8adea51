import { Sequelize } from "sequelize";

export interface DatabaseOptions {
  /** Connections at most; 10 unless told. */
  poolSize?: number;
  /** A statement that runs longer is cancelled by the server, ms; 10 s unless told. */
  statementTimeoutMs?: number;
  /** How long a query waits for a free connection, or for a new one, before it fails, ms; 5 s unless told. */
  connectTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
}

/** The record's pool of connections. Opening it connects nothing: the first query does. */
export interface Database {
  readonly url: string;
  readonly sequelize: Sequelize;
  close(): Promise<void>;
}

/** A connection is made anew after so many uses: a server process keeps what it prepared, and days bring new statements. */
const maxUses = 500_000;

/** A silent network is noticed this long after the server should have cancelled the statement itself, ms. */
const silenceMs = 5_000;

/** Opens a pool to the Postgres at `url` (`postgres://user:password@host:port/database`). */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const {
    poolSize = 10,
    statementTimeoutMs = 10_000,
    connectTimeoutMs = 5_000,
    applicationName = "sealpost",
  } = options;
  const sequelize = new Sequelize(url, {
    dialect: "postgres",
    logging: false,
    timezone: "+00:00",
    pool: { max: poolSize, min: 0, idle: 60_000, acquire: connectTimeoutMs, maxUses },
    define: { underscored: true, freezeTableName: true, timestamps: false },
    dialectOptions: {
      application_name: applicationName,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + silenceMs,
      connectionTimeoutMillis: connectTimeoutMs,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
    },
  });
  return { url, sequelize, close: () => sequelize.close() };
}

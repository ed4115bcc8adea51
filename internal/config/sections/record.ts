import { setting } from "../setting.ts";

/** Postgres. */
export const record = {
  DATABASE_URL: setting<string>({
    default: null,
    format: "postgres-url",
    unit: "address",
    doc: "The Postgres (15 or later) that holds the record.",
    sensitive: true,
    example: "postgresql://sealpost:password@127.0.0.1:5432/sealpost",
  }),
  DATABASE_APP_ROLE: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "The role to which npm run migrate, run as the owner of the tables, gives what the processes need, and no more.",
    shownDefault: "none: the processes connect as the owner",
  }),
  DATABASE_POOL_SIZE: setting<number>({
    default: 10,
    format: "whole",
    unit: "connections",
    doc: "Connections to Postgres that one process opens at most.",
  }),
  RETENTION: setting<number>({
    default: 30 * 86_400_000,
    format: "duration",
    unit: "duration",
    doc: "How long events, deliveries and attempts are kept; whole days are dropped.",
  }),
  AUDIT_RETENTION: setting<number>({
    default: 400 * 86_400_000,
    format: "duration",
    unit: "duration",
    doc: "How long the audit log is kept; whole months are dropped.",
  }),
} as const;

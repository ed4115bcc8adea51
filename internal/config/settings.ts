import { api } from "./sections/api.ts";
import { bootstrap } from "./sections/bootstrap.ts";
import { controller } from "./sections/controller.ts";
import { delivery } from "./sections/delivery.ts";
import { development } from "./sections/development.ts";
import { egress } from "./sections/egress.ts";
import { theProcess } from "./sections/process.ts";
import { record } from "./sections/record.ts";
import { secrets } from "./sections/secrets.ts";
import { stream } from "./sections/stream.ts";
import { verify } from "./sections/verify.ts";
import type { Setting } from "./setting.ts";

/** Sections as they stand in the documentation; the settings of each are in its file. */
export const sections = {
  "The process": theProcess,
  "The record (Postgres)": record,
  "The stream (NATS JetStream)": stream,
  "The API": api,
  "Signing secrets at rest": secrets,
  Delivery: delivery,
  "Outgoing requests": egress,
  "The controller": controller,
  "Installing (bootstrap and verify)": { ...bootstrap, ...verify },
  "Development only": development,
} as const;

type Sections = typeof sections;
type AllOf<S> = S extends Record<string, unknown> ? { [K in keyof S]: S[K] } : never;
type Merge<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;
type Definitions = Merge<AllOf<Sections[keyof Sections]>>;

export type SettingName = keyof Definitions;
/** What each setting holds once it has been read; durations in ms, sizes in bytes. */
export type SettingValues = { [K in SettingName]: Definitions[K] extends Setting<infer T> ? T : never };

/** Every setting by name. */
export const definitions = Object.assign({}, ...Object.values(sections)) as { [K in SettingName]: Setting<unknown> };

/** Those that mean the same wherever they are read, as files do not. */
export const plainSettings = (Object.keys(definitions) as SettingName[]).filter(
  (name) => definitions[name].unit !== "file",
);

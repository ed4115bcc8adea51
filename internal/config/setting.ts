/** One setting: an environment variable. The documentation is made from this. */
export interface Setting<T> {
  /** Null: there is none, the setting must be given. */
  default: T | null;
  /** A format of formats.ts, or the allowed words. */
  format: string | readonly string[];
  /** What the value is counted in, for the documentation. */
  unit: string;
  /** The least of a duration, in ms and above 0. */
  min?: number;
  /** The most of a whole number: a small one. */
  max?: number;
  /** One sentence. */
  doc: string;
  /** Never shown in an error or a log. */
  sensitive?: true;
  /** What the default is called where it depends on the machine or the process. */
  shownDefault?: string;
  /** For .env.example, where there is no default. */
  example?: string;
  /** The command that makes a value. */
  madeWith?: string;
  /** Where there is no default: when it must be given all the same, in words and for an environment. */
  needed?: { when: string; in(env: NodeJS.ProcessEnv): boolean };
}

/** Keeps a setting's type where its default is null or narrower. */
export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}

/** Prints 64 random hex digits, in any shell. */
export const makeKey = `node -e "console.log(require('crypto').randomBytes(32).toString('hex'))"`;

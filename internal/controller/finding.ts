import type { Condition } from "./conditions.ts";

/** What a condition will say. */
export interface Finding {
  status: Condition["status"];
  /** CamelCase, for programs. */
  reason: string;
  /** What is so, and what to do about it. */
  message: string;
}

export function yes(reason: string, message: string): Finding {
  return { status: "True", reason, message };
}

export function no(reason: string, message: string): Finding {
  return { status: "False", reason, message };
}

export function unknown(reason: string, message: string): Finding {
  return { status: "Unknown", reason, message };
}

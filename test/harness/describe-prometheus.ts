import { styleText } from "node:util";
import { describe } from "@jest/globals";
import { findPrometheus, type PrometheusPrograms } from "./prometheus-finder.ts";

async function findUnlessAtDesk(): Promise<PrometheusPrograms | undefined> {
  try {
    return await findPrometheus();
  } catch (error) {
    if (process.env.CI) throw error;
    const line = "TESTS ARE SKIPPED: alerts and dashboards are not tried in a real Prometheus";
    process.stderr.write(`\n${styleText(["bold", "red"], line)}\n${(error as Error).message}\n\n`);
    return undefined;
  }
}

const found = await findUnlessAtDesk();

/** `describe` for what needs Prometheus: skipped, and said aloud, where there is none; in CI that is a failure. */
export const describePrometheus = found ? describe : describe.skip;

/** The programs; only inside of `describePrometheus`. */
export function prometheusPrograms(): PrometheusPrograms {
  if (!found) throw new Error("there is no Prometheus here");
  return found;
}

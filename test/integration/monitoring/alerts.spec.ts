import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { alerts, ruleGroups } from "../../../internal/monitoring/alerts/groups.ts";
import { runbooks } from "../../../internal/monitoring/alerts/rule.ts";
import { describePrometheus, prometheusPrograms } from "../../harness/describe-prometheus.ts";
import { temporaryFolder } from "../../harness/temporary.ts";
import { type AlertCase, alertCases } from "./alert-cases.ts";

const rules = fileURLToPath(new URL("../../../deploy/alerts/sealpost.yaml", import.meta.url));
const run = promisify(execFile);

/** promtool, whose complaint is the failure. */
async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await run(prometheusPrograms().promtool, args).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`promtool ${args.join(" ")}\n${error.stdout}${error.stderr}`);
    },
  );
  return stdout;
}

function testsOf({ alert, fires, silent }: AlertCase): object[] {
  const expected = {
    exp_labels: fires.labels,
    exp_annotations: { summary: fires.says, runbook_url: `${runbooks}/${alert}` },
  };
  const asked = (series: Record<string, string>, eval_time: string, exp_alerts: object[]) => ({
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ alertname: alert, eval_time, exp_alerts }],
  });
  return [asked(fires.series, fires.at, [expected]), ...(silent ? [asked(silent.series, silent.at, [])] : [])];
}

describe("the alerts", () => {
  it("each have a case in which they fire, for each severity and window, and one in which they are silent", () => {
    const key = (name: string, labels: Record<string, string> | undefined) => `${name} ${labels?.long ?? ""}`;
    expect(alertCases.map(({ alert, fires }) => key(alert, fires.labels)).toSorted()).toEqual(
      alerts.map(({ name, labels }) => key(name, labels)).toSorted(),
    );
    const silent = new Set(alertCases.filter((each) => each.silent).map(({ alert }) => alert));
    expect([...silent].toSorted()).toEqual([...new Set(alerts.map(({ name }) => name))].toSorted());
  });
});

describePrometheus("the alerts in promtool", () => {
  it("are a rules file that Prometheus takes", async () => {
    expect(await promtool("check", "rules", rules)).toContain("SUCCESS");
  });

  // A group at a time, because every rule of a file is evaluated for every case.
  it.each(ruleGroups)("fire when they should, say what is wrong, and are silent otherwise: $name", async (group) => {
    const folder = temporaryFolder("promtool");
    const names = new Set(group.rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])));
    const tests = alertCases.filter(({ alert }) => names.has(alert)).flatMap(testsOf);
    writeFileSync(path.join(folder, "rules.yaml"), stringify({ groups: [group] }));
    const file = path.join(folder, "tests.yaml");
    writeFileSync(file, stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests }));
    expect(await promtool("test", "rules", file)).toContain("SUCCESS");
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { alerts, ruleGroups } from "./alerts/groups.ts";
import { runbooks as published } from "./alerts/rule.ts";
import { dashboards } from "./dashboards/all.ts";

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[];
}

const all = Object.entries(dashboards).map(([name, { uid, title, panels = [], templating }]) => ({
  name,
  uid,
  title,
  variables: (templating?.list ?? []).map((variable) => variable.name),
  panels: panels as unknown as Panel[],
}));

describe.each(all)("the dashboard $name", ({ panels, variables, uid }) => {
  const shown = panels.filter(({ type }) => type !== "row");

  it("has panels that a grid of 24 columns can hold, none upon another", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`) ? title : "free").toBe("free");
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it("asks for its Prometheus, and uses no variable that it does not have", () => {
    expect(uid).toMatch(/^sealpost-[a-z]+$/);
    expect(variables[0]).toBe("datasource");
    for (const { targets = [], datasource } of shown) {
      for (const uidOf of [datasource?.uid, ...targets.map((target) => target.datasource.uid)]) {
        expect(uidOf).toBe("${datasource}");
      }
      for (const { expr } of targets) {
        const used = [...expr.matchAll(/\$(\w+)/g)].map((match) => match[1] as string);
        // $1 is what label_replace has found.
        const known = ["__rate_interval", "__range", "1", ...variables];
        expect(used.filter((name) => !known.includes(name))).toEqual([]);
      }
    }
  });

  it("says of each panel what it shows and in which unit, and names its lines apart", () => {
    expect(new Set(shown.map(({ title }) => title)).size).toBe(shown.length);
    for (const { title, description = "", fieldConfig, targets = [] } of shown) {
      expect(description.length).toBeGreaterThan(title.length / 2);
      expect(fieldConfig?.defaults.unit).toBeTruthy();
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      expect(new Set(targets.map(({ legendFormat }) => legendFormat)).size).toBe(targets.length);
      for (const { legendFormat } of targets) expect(legendFormat).not.toBe("");
    }
  });
});

describe("the dashboards", () => {
  it("have addresses and titles of their own", () => {
    for (const field of ["uid", "title"] as const) {
      expect(new Set(all.map((dashboard) => dashboard[field])).size).toBe(all.length);
    }
  });
});

const runbooks = fileURLToPath(new URL("../../docs/runbooks/", import.meta.url));
const pages = readdirSync(runbooks);

describe("the alerts", () => {
  it("have a page each, and no page is left over", () => {
    const names = new Set(alerts.map(({ name }) => `${name}.md`));
    expect(pages.toSorted()).toEqual([...names].toSorted());
  });

  it("lead to their pages", () => {
    const rules = ruleGroups.flatMap((group) => group.rules) as { annotations?: { runbook_url: string } }[];
    const led = rules.flatMap(({ annotations }) => annotations?.runbook_url ?? []);
    expect(led).toHaveLength(alerts.length);
    expect(led.filter((url) => !pages.includes(`${url.replace(`${published}/`, "")}.md`))).toEqual([]);
  });

  it.each(pages)("%s says what it means, how to see it and what to do, with panels and pages that exist", (page) => {
    const text = readFileSync(runbooks + page, "utf8");
    expect([...text.matchAll(/^#+ .*$/gm)].map(([heading]) => heading)).toEqual([
      `# ${page.slice(0, -3)}`,
      "## What it means",
      "## How to see it",
      "## What to do",
    ]);
    const titles = new Set(all.flatMap(({ panels }) => panels.map(({ title }) => title)));
    const shown = [...text.matchAll(/(?<=^|\s)_([A-Z][^_\n]+)_/gm)].map(([, title]) => title as string);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((title) => !titles.has(title))).toEqual([]);
    const linked = [...text.matchAll(/\]\((\w+\.md)\)/g)].map(([, link]) => link as string);
    expect(linked.filter((link) => !pages.includes(link))).toEqual([]);
  });
});

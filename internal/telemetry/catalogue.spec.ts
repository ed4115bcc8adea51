import { describe, expect, it } from "@jest/globals";
import { catalogue } from "./catalogue.ts";
import type { MetricDefinition } from "./metric-definition.ts";

const definitions: MetricDefinition[] = Object.values(catalogue);

describe("the catalogue of metrics", () => {
  it("names each metric once, as Prometheus' conventions have it", () => {
    const names = definitions.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, unit } of definitions) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect({ name, total: name.endsWith("_total") }).toEqual({ name, total: type === "counter" });
      if (unit === "seconds" || unit === "bytes") expect(name).toContain(unit);
    }
  });

  it("never labels by tenant, endpoint, id or address", () => {
    const labels = new Set(definitions.flatMap((definition) => Object.keys(definition.labels)));
    for (const label of labels) {
      expect(label).not.toMatch(
        /company|workspace|project|tenant|endpoint|webhook|event|delivery|url|host|address|(^|_)id$/,
      );
    }
  });
});

import { describe, expect, it } from "@jest/globals";
import { readDocumentedValues } from "./documented-values.ts";
import { settingsSchema } from "./settings-schema.ts";
import { valuesSchema } from "./values-schema.ts";
import { valuesTable } from "./values-table.ts";

const text = `# About the file.

# How many.
replicas: 2
# A server.
server:
  # @schema
  # enum: [tcp, udp]
  # @schema
  # How it
  # speaks.
  protocol: tcp
  # @schema
  # additionalProperties: {type: string}
  # @schema
  labels:
    team: webhooks
`;

describe("the values of the chart", () => {
  const values = readDocumentedValues(text);

  it("are read with their comments, those of the file apart", () => {
    expect(values.map(({ path, description }) => [path, description])).toEqual([
      ["replicas", "How many."],
      ["server", "A server."],
    ]);
    expect(values[1]?.children).toMatchObject([
      { path: "server.protocol", description: "How it speaks.", annotation: { enum: ["tcp", "udp"] }, default: "tcp" },
      { path: "server.labels", default: { team: "webhooks" }, children: [] },
    ]);
  });

  it("make a schema that takes nothing else, at any depth", () => {
    expect(valuesSchema(values, {})).toMatchObject({
      additionalProperties: false,
      properties: {
        replicas: { type: "integer", default: 2 },
        server: {
          additionalProperties: false,
          properties: {
            protocol: { type: "string", enum: ["tcp", "udp"] },
            labels: { type: "object", additionalProperties: { type: "string" } },
          },
        },
      },
    });
  });

  it("make a table of what can be set", () => {
    expect(valuesTable(values)).toContain("| `server.protocol` | `tcp` | How it speaks. One of `tcp`, `udp`. |");
  });

  it("are refused when nobody could say what they take, or when a block has no end", () => {
    expect(() => valuesSchema(readDocumentedValues("a:\n  b: []\n"), {})).toThrow("a.b does not say what it takes");
    expect(() => readDocumentedValues("# @schema\n# type: string\na: null\n")).toThrow("above a has no end");
  });
});

describe("the settings that `config` takes", () => {
  const { properties } = settingsSchema() as { properties: Record<string, { enum?: unknown[] }> };

  it("are none that are secret, set by the chart, or only for development", () => {
    expect(properties).toHaveProperty("RETENTION");
    for (const name of ["DATABASE_URL", "SEALPOST_KEY_PEPPER", "DELIVERY_REGIONS", "SEED_PLAN_TIER", "POSTGRES_PORT"]) {
      expect(properties).not.toHaveProperty(name);
    }
  });

  it("take words as settings and as YAML have them", () => {
    expect(properties["DELIVERY_TRACE_CONTEXT"]?.enum).toEqual(["true", "false", true, false]);
  });
});

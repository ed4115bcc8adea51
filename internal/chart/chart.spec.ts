import { describe, expect, it } from "@jest/globals";
import { formatOf } from "../config/formats.ts";
import { definitions } from "../config/settings.ts";
import { readDocumentedValues } from "./documented-values.ts";
import { takenSettings, valueForms } from "./settings-schema.ts";
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
    expect(valuesSchema(values)).toMatchObject({
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
    expect(() => valuesSchema(readDocumentedValues("a:\n  b: []\n"))).toThrow("a.b does not say what it takes");
    expect(() => readDocumentedValues("# @schema\n# type: string\na: null\n")).toThrow("above a has no end");
  });
});

describe("the values that become settings", () => {
  const forms = valueForms();
  const { properties } = forms.get("config") as { properties: Record<string, Record<string, unknown>> };

  it("are those of `config`, none of which is secret, set by the chart, or only for development", () => {
    expect(properties).toHaveProperty("RETENTION");
    for (const name of ["DATABASE_URL", "SEALPOST_KEY_PEPPER", "DELIVERY_REGIONS", "SEED_PLAN_TIER", "POSTGRES_PORT"]) {
      expect(properties).not.toHaveProperty(name);
    }
  });

  it("take words as settings and as YAML have them, numbers with their bounds, and text of its form", () => {
    expect(properties["DELIVERY_TRACE_CONTEXT"]?.["enum"]).toEqual(["true", "false", true, false, ""]);
    expect(properties["GRPC_REFLECTION"]?.["enum"]).toEqual(["auto", "on", "off", true, false, ""]);
    expect(properties["NATS_REPLICAS"]).toMatchObject({ type: ["string", "integer"], minimum: 1, maximum: 5 });
    expect(properties["STREAM_MAX_BYTES"]).toMatchObject({
      type: "string",
      pattern: "^(0*[0-9]{1,12}(B|KiB|MiB|GiB|TiB))?$",
    });
  });

  it("have a form that says all the parser does, in `config`, where no other check follows", () => {
    for (const name of takenSettings) expect([name, formatOf(definitions[name])?.loose]).toEqual([name, undefined]);
  });

  it("give their form to the value of the chart, whose own says more", () => {
    const schema = valuesSchema(readDocumentedValues(text, new Map([["server.protocol", { minLength: 2, enum: [] }]])));
    expect(schema).toMatchObject({
      properties: { server: { properties: { protocol: { minLength: 2, enum: ["tcp", "udp"] } } } },
    });
    expect(() => readDocumentedValues(text, new Map([["server.port", {}]]))).toThrow("values.yaml has no server.port");
  });
});

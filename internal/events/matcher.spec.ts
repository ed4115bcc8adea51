import { describe, expect, it } from "@jest/globals";
import { newUuid } from "../domain/ids.ts";
import { Matcher } from "./matcher.ts";
import type { MatchableEndpoint, WorkspaceSnapshot } from "./ports.ts";

const project = newUuid();

function snapshot(endpoints: Omit<MatchableEndpoint, "id">[], endpointsVersion = 1): WorkspaceSnapshot {
  return {
    workspaceId: newUuid(),
    companyId: newUuid(),
    region: "us",
    endpointsVersion,
    projectIds: new Set([project]),
    endpoints: endpoints.map((endpoint, i) => ({ ...endpoint, id: `endpoint-${i}` })),
  };
}

async function matched(endpoints: Omit<MatchableEndpoint, "id">[], type: string, projectId: string | null) {
  const matches = await new Matcher({ readSnapshot: async () => snapshot(endpoints) }).of("workspace");
  return matches?.endpointIds(type, projectId);
}

describe("matching", () => {
  it("is by event type, or by * for all", async () => {
    const endpoints = [
      { projectId: null, events: ["invoice.paid"] },
      { projectId: null, events: ["invoice"] },
      { projectId: null, events: ["*"] },
    ];
    expect(await matched(endpoints, "invoice.paid", null)).toEqual(["endpoint-0", "endpoint-2"]);
  });

  it("gives a project's endpoint its project's events only, and a workspace's endpoint all", async () => {
    const endpoints = [
      { projectId: project, events: ["*"] },
      { projectId: null, events: ["*"] },
    ];
    expect(await matched(endpoints, "a", project)).toEqual(["endpoint-0", "endpoint-1"]);
    expect(await matched(endpoints, "a", null)).toEqual(["endpoint-1"]);
    expect(await matched(endpoints, "a", newUuid())).toEqual(["endpoint-1"]);
  });

  it("reads a workspace once, and again when its copy was found stale", async () => {
    let version = 0;
    const matcher = new Matcher({ readSnapshot: async () => snapshot([], ++version) });
    const first = await matcher.of("w");
    expect((await matcher.of("w"))?.snapshot.endpointsVersion).toBe(1);
    matcher.forget("w", first);
    await new Promise(setImmediate);
    const second = await matcher.of("w");
    expect(second?.snapshot.endpointsVersion).toBe(2);
    // A late word about the first copy must not cost the second one.
    matcher.forget("w", first);
    await new Promise(setImmediate);
    expect(await matcher.of("w")).toBe(second);
  });

  it("does not remember that a workspace is missing or could not be read", async () => {
    const answers = [undefined, snapshot([])];
    const matcher = new Matcher({ readSnapshot: async () => answers.shift() });
    expect(await matcher.of("w")).toBeUndefined();
    await new Promise(setImmediate);
    expect(await matcher.of("w")).toBeDefined();
  });
});

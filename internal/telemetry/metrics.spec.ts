import { describe, expect, it } from "@jest/globals";
import { createMetrics } from "./metrics.ts";
import { serveMetrics } from "./metrics-server.ts";

describe("metrics", () => {
  it("shows what was counted, and reads gauges when it is asked", async () => {
    const metrics = createMetrics({ part: "delivery", version: "1.2.3" });
    metrics.attempts.inc({ region: "us", outcome: "SUCCESS" });
    metrics.onScrape(() => metrics.inFlight.set({ budget: "main" }, 7));
    const text = await metrics.text();
    expect(text).toContain('sealpost_attempts_total{region="us",outcome="SUCCESS"} 1');
    expect(text).toContain('sealpost_in_flight{budget="main"} 7');
    expect(text).toContain('sealpost_build_info{part="delivery",version="1.2.3"');
    expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
  });

  it("serves what belongs to the part, and counts from 0 in its regions", async () => {
    const api = await createMetrics({ part: "api", version: "1", regions: ["us", "eu"] }).text();
    expect(api).toContain('sealpost_events_accepted_total{region="eu"} 0');
    expect(api).not.toContain("sealpost_attempts_total");
    const delivery = await createMetrics({ part: "delivery", version: "1", regions: ["us"] }).text();
    expect(delivery).toContain('sealpost_attempts_total{region="us",outcome="INTERNAL"} 0');
    expect(delivery).not.toContain("controller_runtime");
  });

  it("still shows the others when one value cannot be read", async () => {
    const metrics = createMetrics({ part: "api", version: "1" });
    metrics.onScrape(() => Promise.reject(new Error("the broker is away")));
    expect(await metrics.text()).toContain("sealpost_build_info");
  });
});

describe("the metrics port", () => {
  it("answers metrics, life and readiness", async () => {
    let reason: string | undefined = "NATS us is not connected";
    const metrics = createMetrics({ part: "api", version: "1" });
    const server = await serveMetrics({ port: 0, metrics, notReady: () => reason });
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") };
    };
    try {
      expect(await get("/metrics")).toMatchObject({
        status: 200,
        type: expect.stringContaining("version=0.0.4"),
      });
      expect(await get("/healthz")).toMatchObject({ status: 200 });
      expect(await get("/readyz")).toMatchObject({ status: 503, text: "NATS us is not connected\n" });
      reason = undefined;
      expect(await get("/readyz")).toMatchObject({ status: 200 });
      expect(await get("/other")).toMatchObject({ status: 404 });
      await expect(serveMetrics({ port: server.port, metrics, notReady: () => undefined })).rejects.toThrow(
        `port ${server.port} is taken: set METRICS_PORT`,
      );
    } finally {
      await server.close();
    }
  });
});

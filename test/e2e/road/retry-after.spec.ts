import { describe, expect, it } from "@jest/globals";
import { Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("Retry-After", () => {
  it("puts a thousand deliveries to rest for an hour without holding up healthy retries", async () => {
    let flaky = 0;
    await using road = await Road.start({
      schedule: "0s,1s,6h",
      answer: (request, response) => {
        if (request.path === "/busy") response.writeHead(429, { "retry-after": "3600" }).end();
        else response.writeHead(flaky++ === 0 ? 503 : 200).end();
      },
    });
    const busy = await road.endpoint({ url: `${road.receiver.url}/busy`, events: ["busy"] });
    const healthy = await road.endpoint({ url: `${road.receiver.url}/healthy`, events: ["healthy"] });
    for (let i = 0; i < 1000; i += 250) {
      const events = Array.from({ length: 250 }, (_, n) => ({ eventType: "busy", data: i + n }));
      const { status } = await road.workspace.post("/v1/events/batch", { events });
      expect(status).toBe(200);
    }
    const waiting = async () => (await road.record.states()).RETRY_SCHEDULED === 1000;
    await until(waiting, { what: "a thousand answers of 429" });
    const event = await road.publish({}, { eventType: "healthy" });
    const delivery = await until(
      async () => {
        const shown = await road.delivery(event, healthy.id);
        return shown?.status === "SUCCEEDED" ? shown : undefined;
      },
      { what: "the healthy retry" },
    );
    expect(delivery.attempts).toHaveLength(2);
    const jobs = (await road.record.jobs()).filter((job) => job.status === "RETRY_SCHEDULED");
    expect(jobs).toHaveLength(1000);
    for (const job of jobs) {
      expect(job.queue).toBeNull();
      expect((job.due_at?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_400_000);
    }
    const { body } = await road.company.get(`/v1/webhooks/${busy.id}/deliveries?pageSize=1`);
    expect(body).toMatchObject({ deliveries: [{ status: "RETRY_SCHEDULED", nextAttemptTime: expect.any(String) }] });
  });
});

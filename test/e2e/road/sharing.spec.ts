import { describe, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("several processes", () => {
  it("share the deliveries of a region", async () => {
    await using road = await Road.start({
      deliveries: 2,
      env: { DELIVERY_CONCURRENCY: "8" },
      answer: (_, response) => void setTimeout(() => response.end(), 20),
    });
    await road.endpoint();
    const pods = () =>
      road.record.query<{ pod: string; attempts: number }>(
        "select pod, count(*)::int as attempts from webhook_delivery_attempts group by pod",
      );
    // As many as it takes: a busy machine may let one of them sleep for as long as the other needs for a few hundred.
    const shared = async () => {
      await Promise.all(Array.from({ length: 300 }, () => road.publish()));
      expect(await road.nothingLost()).toEqual(nothing);
      const found = await pods();
      return found.length === 2 && found.every(({ attempts }) => attempts > 50);
    };
    await until(shared, { what: "both to have made their share" });
    expect(await pods()).toHaveLength(2);
    expect(road.receiver.requests).toHaveLength(road.accepted.length);
  });

  it("stop gracefully: what is under way is finished, the rest goes to the others, and the exit code is 0", async () => {
    await using road = await Road.start({
      deliveries: 2,
      answer: (_, response) => void setTimeout(() => response.end(), 300),
    });
    await road.endpoint();
    await Promise.all(Array.from({ length: 200 }, () => road.publish()));
    await until(() => road.receiver.requests.length > 20, { what: "deliveries under way" });
    const asked = Date.now();
    expect(await road.system.deliveries[0]?.terminate()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(15_000);
    expect(await road.nothingLost()).toEqual(nothing);
    // Given back, not dropped: nobody had to wait for an ack clock, nothing was sent twice.
    expect(road.receiver.requests).toHaveLength(200);
  });

  it("agree on endpoints: made on one api, an event published on the other at once matches", async () => {
    await using road = await Road.start({ apis: 2 });
    const other = client(road.system.apis[1]?.http ?? "", road.tenant.workspaceKey);
    for (let i = 1; i <= 10; i++) {
      await road.endpoint({ url: `${road.receiver.url}/${i}` });
      const answer = await other.post("/v1/events", { eventType: "a", data: i });
      expect(answer.body).toMatchObject({ deliveryCount: i });
    }
    await road.record.settled();
    expect(road.receiver.requests).toHaveLength(55);
  });
});

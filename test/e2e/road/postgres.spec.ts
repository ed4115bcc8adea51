import { describe, expect, it } from "@jest/globals";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("Postgres", () => {
  it("is stopped and started under load: publishing is UNAVAILABLE meanwhile, and nothing is lost or half written", async () => {
    await using road = await Road.start({ ownPostgres: true });
    await road.endpoint();
    const load = road.load();
    await until(() => road.receiver.requests.length > 50, { what: "deliveries before the stop" });
    await road.system.postgres?.stop();
    const refused = await until(
      async () => {
        const answer = await road.workspace.post("/v1/events", { eventType: "a", data: 1 });
        return answer.status === 503 ? answer : undefined;
      },
      { what: "a refusal" },
    );
    expect(refused.body).toMatchObject({ code: 14, message: expect.stringMatching(/try again/) });
    await road.system.postgres?.start();
    const seen = road.receiver.requests.length;
    await until(() => road.receiver.requests.length > seen + 50, {
      what: "deliveries after the start",
    });
    await load.stop();
    expect(await road.nothingLost()).toEqual(nothing);
    const [halves] = await road.record.query<{ events: number }>(
      `select count(*)::int as events from webhook_events e
       where e.delivery_count <> (select count(*) from webhook_jobs j where j.event_id = e.id)`,
    );
    expect(halves?.events).toBe(0);
  });
});

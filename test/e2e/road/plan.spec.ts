import { describe, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("a company that drops to FREE", () => {
  it("gets nothing more, its waiting deliveries are held wherever they wait, and all go out after the upgrade", async () => {
    let healthy = false;
    await using road = await Road.start({
      deliveries: 2,
      schedule: "0s,3s,3s,3s,3s",
      answer(request, response) {
        if (healthy) response.end();
        else if (request.path === "/failing") response.writeHead(500).end();
        else setTimeout(() => response.end(), 1500);
      },
    });
    const failing = await road.endpoint({ url: `${road.receiver.url}/failing` });
    const slow = await road.endpoint({ url: `${road.receiver.url}/slow`, maxInFlight: 1 });
    const admin = client(road.system.apis[0]?.http ?? "", road.system.adminKey);
    const move = async (planTier: string) => {
      const moved = await admin.post(`/v1/companies/${road.tenant.companyId}/plan`, { planTier });
      expect(moved).toMatchObject({ status: 200, body: { planTier } });
    };
    const waitingIn = async (queue: string) =>
      (await road.record.jobs()).filter((job) => job.queue?.startsWith(queue)).length;

    for (let i = 0; i < 20; i++) await road.publish();
    await until(async () => (await waitingIn("RETRIES_")) > 0 && (await waitingIn("LANES_")) > 0, {
      what: "deliveries in a retry tier and in the lane",
    });
    await move("FREE");
    for (const { id } of [failing, slow]) {
      expect((await road.company.get(`/v1/webhooks/${id}`)).body).toMatchObject({
        status: "SUSPENDED",
        disabledReason: "PLAN",
      });
    }
    const meanwhile = await road.workspace.post("/v1/events", { eventType: "test.event", data: 1 });
    expect(meanwhile).toMatchObject({ status: 200, body: { deliveryCount: 0 } });
    const unfinished = async () =>
      (await road.record.jobs()).filter((job) => job.status !== "SUCCEEDED" && job.status !== "FAILED");
    await until(async () => (await unfinished()).every((job) => job.held_reason === "ENDPOINT_SUSPENDED"), {
      what: "everything that waits to be held",
    });
    const held = await unfinished();
    expect(held.length).toBeGreaterThan(20);
    const requests = road.receiver.requests.length;

    healthy = true;
    await move("GROWTH");
    await until(async () => (await unfinished()).length === 0, { what: "everything to go out" });
    expect((await road.record.states())["SUCCEEDED"]).toBe(40);
    expect(road.receiver.requests).toHaveLength(requests + held.length);
    expect(await road.nothingLost()).toEqual(nothing);
    expect((await road.company.get(`/v1/webhooks/${failing.id}`)).body).toMatchObject({
      status: "ACTIVE",
      disabledReason: "",
    });
  });

  it("may publish, read, disable and delete, but neither create, update, enable nor retry, over any route", async () => {
    await using road = await Road.start();
    const { id } = await road.endpoint();
    const event = await road.publish();
    await road.record.settled();
    const delivery = await road.delivery(event);
    const admin = client(road.system.apis[0]?.http ?? "", road.system.adminKey);
    await admin.post(`/v1/companies/${road.tenant.companyId}/plan`, { planTier: "FREE" });

    const { company, workspace, tenant } = road;
    const fields = { url: road.receiver.url, events: ["*"] };
    for (const answer of [
      await company.post(`/v1/workspaces/${tenant.workspaceId}/webhooks`, fields),
      await company.patch(`/v1/webhooks/${id}`, { description: "new" }),
      await company.post(`/v1/webhooks/${id}/enable`),
      await company.post(`/v1/deliveries/${delivery?.id}/retry`),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain("PLAN_REQUIRED");
    }
    const publication = { eventType: "test.event", data: 1 };
    for (const answer of [
      await workspace.post("/v1/events", publication),
      await workspace.post("/v1/events/batch", { events: [publication, publication] }),
      await company.get(`/v1/webhooks/${id}`),
      await company.get(`/v1/webhooks/${id}/deliveries`),
      await company.post(`/v1/webhooks/${id}/disable`),
      await company.delete(`/v1/webhooks/${id}`),
    ]) {
      expect(answer.status).toBe(200);
    }
  });
});

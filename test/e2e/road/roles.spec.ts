import { describe, expect, it } from "@jest/globals";
import { createDividedDatabase } from "../../harness/app-role.ts";
import { client } from "../../harness/client.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("processes whose role owns no tables", () => {
  it("do everything: manage, accept, deliver, retry, hold, sweep and show the audit log", async () => {
    await using database = await disposable();
    let failures = 1;
    await using road = await Road.start({
      schedule: "0s,1s,1s",
      databaseUrl: database.appUrl,
      answer: (_, response) => response.writeHead(failures-- > 0 ? 503 : 200).end(),
    });
    const { id } = await road.endpoint();
    await road.publish();
    expect(await road.nothingLost()).toEqual(nothing);
    const [delivery] = (
      await road.company.get<{ deliveries: { id: string; status: string; attemptCount: number }[] }>(
        `/v1/webhooks/${id}/deliveries`,
      )
    ).body.deliveries;
    expect(delivery).toMatchObject({ status: "SUCCEEDED", attemptCount: 2 });
    expect((await road.company.post(`/v1/deliveries/${delivery?.id}/retry`)).status).toBe(200);
    await until(async () => road.receiver.requests.length === 3, { what: "the manual retry" });
    for (const action of ["disable", "enable"]) {
      expect((await road.company.post(`/v1/webhooks/${id}/${action}`)).status).toBe(200);
    }
    await road.publish();
    expect(await road.nothingLost()).toEqual(nothing);
    expect((await road.company.delete(`/v1/webhooks/${id}`)).status).toBe(200);

    const { http } = road.system.apis[0] ?? { http: "" };
    const { body } = await client(http, road.system.adminKey).get<{ entries: { method: string; actor: string }[] }>(
      `/v1/companies/${road.tenant.companyId}/audit`,
    );
    const ours = body.entries.filter(({ actor }) => actor === "COMPANY_KEY");
    expect(ours.map(({ method }) => method.split("/")[1])).toEqual([
      "DeleteWebhookEndpoint",
      "EnableWebhookEndpoint",
      "DisableWebhookEndpoint",
      "RetryDelivery",
      "CreateWebhookEndpoint",
    ]);
  });
});

async function disposable() {
  const database = await createDividedDatabase();
  return Object.assign(database, { [Symbol.asyncDispose]: () => database.drop() });
}

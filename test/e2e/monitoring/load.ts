import { client } from "../../harness/client.ts";
import { startReceiver } from "../../harness/receiver.ts";
import type { System } from "../../harness/system.ts";

/** Traffic in which everything happens that a panel can show; `stop` ends it. */
export async function startLoad(system: System): Promise<{ workspaceId: string; stop(): Promise<void> }> {
  const { workspaceId, companyKey, workspaceKey } = await system.tenant();
  const http = system.apis[0]?.http ?? "";
  const [company, publisher] = [client(http, companyKey), client(http, workspaceKey)];
  const receiver = await startReceiver(({ path }, response) => {
    if (path === "/broken") response.writeHead(503).end();
    else if (path === "/later") response.writeHead(429, { "retry-after": "2" }).end();
    else if (path === "/slow") setTimeout(() => response.end(), 600);
    else response.end();
  });

  async function endpoint(path: string, more: object = {}): Promise<string> {
    const body = { url: receiver.url + path, events: ["load"], ...more };
    const made = await company.post<{ id: string }>(`/v1/workspaces/${workspaceId}/webhooks`, body);
    if (made.status !== 200) throw new Error(`no endpoint: ${made.text}`);
    return made.body.id;
  }
  for (const path of ["/ok", "/broken", "/later"]) await endpoint(path);
  // Less than two a second, which is less than even a busy machine publishes: its deliveries move to the slow lane.
  await endpoint("/slow", { maxInFlight: 1 });
  const disabled = await endpoint("/disabled");
  await company.post(`/v1/webhooks/${disabled}/disable`);

  let stopped = false;
  const event = { eventType: "load", data: { number: 1 } };
  const publishing = (async () => {
    while (!stopped) {
      await Promise.all([
        publisher.post("/v1/events", event),
        publisher.post("/v1/events", { eventType: "no such type!", data: {} }),
        publisher.post("/v1/events/batch", { events: [event, event, { eventType: "", data: {} }] }),
        client(http, "wrong").get("/v1/events/evt_none"),
        company.get(`/v1/workspaces/${workspaceId}/webhooks`),
      ]);
      await new Promise((wake) => setTimeout(wake, 50));
    }
  })();
  return {
    workspaceId,
    async stop() {
      stopped = true;
      await publishing.catch(() => {});
      await receiver.close();
    },
  };
}

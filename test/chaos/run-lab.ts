import { setTimeout as sleep } from "node:timers/promises";
import { client } from "../harness/client.ts";
import { Record } from "../harness/record.ts";
import { startSystem } from "../harness/system.ts";
import { killAtRandom } from "./killer.ts";
import { startPublishers } from "./publishers.ts";
import { Random } from "./random.ts";
import { type Character, characters, startReceivers } from "./receivers.ts";
import { Rotator } from "./rotator.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface LabOptions {
  seconds: number;
  /** The same seed kills in the same order; when exactly is up to the machine. */
  seed: number;
  say: (what: string) => void;
}

/**
 * Nothing has ended for this long: what is left never will, ms. What the broker lost comes back within SWEEP_GRACE (15 s),
 * a refused hand-over within a minute or two of a run this long, a retry within the schedule below.
 */
const standstillMs = 120_000;

/** A whole system under load while its parts are killed; resolves to what came of it. */
export async function runLab({ seconds, seed, say }: LabOptions): Promise<Verdict> {
  const random = new Random(seed);
  await using stops = new AsyncDisposableStack();
  // Of its own, so that its course does not change who is killed when.
  const rotator = new Rotator(new Random(seed + 1));
  const receivers = await startReceivers(random, rotator);
  stops.defer(() => receivers.close());
  const system = await startSystem({
    ownPostgres: true,
    deliveries: 2,
    schedule: "0s,1s,2s,3s,5s",
    env: {
      WEBHOOK_SECRET_ENCRYPTION_KEY: "",
      WEBHOOK_SECRET_KEYS_FILE: rotator.keysFile,
      // Rotations are tried again until they are answered.
      MANAGEMENT_OPERATIONS_PER_MINUTE: "1000",
    },
  });
  stops.defer(() => system.stop());
  const http = system.apis[0]?.http ?? "";
  const tenant = await system.tenant();
  const company = client(http, tenant.companyKey);
  const ids = new Map<string, string>();
  for (const character of Object.keys(characters) as Character[]) {
    const endpoint = await company.post<{ id: string }>(`/v1/workspaces/${tenant.workspaceId}/webhooks`, {
      url: receivers.url(character),
      events: ["*"],
      description: character,
      secret: rotator.firstSecret(character),
      ...(character === "slow" && { maxInFlight: 8 }),
    });
    if (endpoint.status !== 200) throw new Error(`no endpoint: ${endpoint.text}`);
    ids.set(character, endpoint.body.id);
  }
  const publishers = startPublishers({ http, key: tenant.workspaceKey, parallel: 16, pauseMs: 50 });
  rotator.start({ http, key: tenant.companyKey, databaseUrl: system.databaseUrl, ids });
  const kills = await killAtRandom(system, random, seconds * 1000, say);
  await publishers.stop();
  const rotations = await rotator.stop();
  say("everything runs again; waiting until every delivery has ended");
  await using record = new Record(system.databaseUrl);
  await standstill(record, say);
  return await judge(record, receivers.seen, publishers.published, [...ids.values()], kills, rotations);
}

/** Resolves when every delivery has ended, or when none ends any more: what is left is the verdict's to tell. */
async function standstill(record: Record, say: LabOptions["say"]): Promise<void> {
  let fewest = Number.POSITIVE_INFINITY;
  let at = Date.now();
  while (fewest > 0 && Date.now() - at < standstillMs) {
    await sleep(1000);
    const open = await record.open();
    if (open === undefined || open >= fewest) continue;
    fewest = open;
    at = Date.now();
  }
  if (fewest > 0) say(`${fewest} deliveries have not ended, and none has for ${standstillMs / 1000} s`);
}

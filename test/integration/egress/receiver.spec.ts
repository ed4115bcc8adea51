import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { newSecret } from "../../../internal/signing/secret.ts";
import { sign } from "../../../internal/signing/sign.ts";
import { signingKey } from "../../../internal/signing/signing-key.ts";
import { startReceiver } from "../../harness/receiver.ts";
import { temporaryFolder } from "../../harness/temporary.ts";
import { until } from "../../harness/wait.ts";
import { launchReceiver, type ReceiverProgram, runReceiver } from "./receiver-program.ts";
import { deadlineMs, deadlineSlackMs, patientMs, startSending } from "./sending.ts";

const { sender, post } = startSending();
/** For the sicknesses that only a deadline ends. */
const hasty = startSending({ deadlineMs });
let receiver: ReceiverProgram;

afterAll(() => {
  sender.close();
  hasty.sender.close();
});

const body = '{"id":"evt_1","type":"invoice.paid","data":{"n":12345678901234567890,"text":"世界"}}';

function signed(secret: string, timestampSeconds = Math.floor(Date.now() / 1000)) {
  const headers = sign({ id: "evt_1", timestampSeconds, body: Buffer.from(body), keys: [signingKey(secret)] });
  return { ...headers, "sealpost-attempt-id": "wha_1", "sealpost-delivery-id": "whd_1" };
}

describe("npm run receiver", () => {
  afterEach(() => receiver.stop());

  it("names the secret that a signature was made with, in a line and in GET /requests", async () => {
    const [orders, billing] = [newSecret(), newSecret()];
    receiver = await runReceiver({ RECEIVER_SECRETS: `orders=${orders}, billing=${billing}` });
    expect(await post(`${receiver.url}/hooks/a?b=1`, body, signed(billing))).toMatchObject({ outcome: "SUCCESS" });
    const [request] = await receiver.requests();
    expect(request).toMatchObject({
      id: "evt_1",
      attemptId: "wha_1",
      deliveryId: "whd_1",
      verified: true,
      matchedSecret: "billing",
      method: "POST",
      path: "/hooks/a?b=1",
      headers: { "webhook-id": "evt_1" },
      body,
    });
    expect(Math.abs(Date.parse(request?.receivedAt ?? "") - Date.now())).toBeLessThan(10_000);
    const line = await until(() => receiver.lines.find((text) => text.includes("/hooks/a")), { what: "its line" });
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}POST {2}\/hooks\/a\?b=1 {2}evt_1 {2}invoice\.paid {2}verified with "billing" {2}wha_1$/,
    );
  });

  it("says why a request is not verified, and answers 401 only when it is strict", async () => {
    const secret = newSecret();
    const env = { RECEIVER_SECRETS: `mine=${secret}` };
    receiver = await runReceiver(env, "--strict");
    const now = Math.floor(Date.now() / 1000);
    expect(await post(receiver.url, body, signed(secret))).toMatchObject({ httpStatus: 200 });
    expect(await post(receiver.url, body, signed(newSecret()))).toMatchObject({ httpStatus: 401 });
    expect(await post(receiver.url, `${body} `, signed(secret))).toMatchObject({ httpStatus: 401 });
    expect(await post(receiver.url, body, signed(secret, now - 400))).toMatchObject({ httpStatus: 401 });
    expect(await post(receiver.url, body)).toMatchObject({ httpStatus: 401 });
    expect((await receiver.requests()).map((request) => request.reason)).toEqual([
      "",
      "no known secret made this signature",
      "no known secret made this signature",
      "its timestamp is more than 5 minutes old",
      "it carries no signature",
    ]);
    await receiver.stop();
    receiver = await runReceiver({});
    expect(await post(receiver.url, body, signed(secret))).toMatchObject({ httpStatus: 200 });
    expect(await receiver.requests()).toMatchObject([{ verified: false, reason: "no secret is known here" }]);
  });

  it("learns secrets from its file while it runs, and keeps what it knew while the file is broken", async () => {
    const file = path.join(temporaryFolder("receiver"), "secrets.json");
    const [first, second] = [newSecret(), newSecret()];
    receiver = await runReceiver({ RECEIVER_SECRETS_FILE: file });
    const verdicts = async () => {
      await post(receiver.url, body, signed(first));
      await post(receiver.url, body, signed(second));
      return (await receiver.requests()).slice(-2).map((request) => request.matchedSecret);
    };
    expect(await verdicts()).toEqual([null, null]);
    writeFileSync(file, JSON.stringify({ first }));
    expect(await verdicts()).toEqual(["first", null]);
    writeFileSync(file, JSON.stringify({ first, second }));
    expect(await verdicts()).toEqual(["first", "second"]);
    writeFileSync(file, '{"first": "whsec_short"}');
    expect(await verdicts()).toEqual(["first", "second"]);
    const complaints = () => receiver.lines.filter((line) => line.includes("secrets.json is not used as it is now"));
    await until(() => complaints().length > 0, { what: "the complaint" });
    expect(complaints()).toHaveLength(1);
    expect(complaints()[0]).toMatch(/the signing secret "first" must hold 24 to 64 bytes|padding/);
  });

  it("prints one JSON object a request for programs", async () => {
    const secret = newSecret();
    const port = await freePort();
    receiver = launchReceiver({ RECEIVER_PORT: String(port), RECEIVER_SECRETS: `mine=${secret}` }, "--json");
    const url = `http://localhost:${port}/hook`;
    await until(async () => (await post(url, body, signed(secret))).outcome === "SUCCESS", { what: "it to listen" });
    const line = await until(() => receiver.lines[0], { what: "its line" });
    expect(JSON.parse(line)).toMatchObject({
      webhookId: "evt_1",
      verified: true,
      secret: "mine",
      method: "POST",
      path: "/hook",
      body,
      text: expect.stringContaining('verified with "mine"'),
    });
  });

  it("shows no control characters of a stranger", async () => {
    receiver = await runReceiver({});
    await post(receiver.url, '{"type":"a\\u001b[2Jb"}', { "webhook-id": "evt_\u009b2J" });
    const line = await until(() => receiver.lines.find((text) => text.includes("NOT VERIFIED")), { what: "its line" });
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).toContain("a?[2Jb");
  });

  it("refuses more than 1 MiB", async () => {
    receiver = await runReceiver({});
    expect(await post(receiver.url, Buffer.alloc(1_100_000, "x"))).toMatchObject({ httpStatus: 413 });
    expect(await receiver.requests()).toEqual([]);
  });

  it("ends at once on SIGTERM, also with a request hanging", async () => {
    receiver = await runReceiver({});
    const pending = post(`${receiver.url}/hang`);
    await until(() => receiver.lines.some((line) => line.includes("plays /hang")), { what: "the request" });
    const askedAt = Date.now();
    expect(await receiver.stop()).toBe(0);
    // Not with the request, which would hang until its deadline.
    expect(Date.now() - askedAt).toBeLessThan(patientMs);
    expect(await pending).toMatchObject({ outcome: "CONNECT" });
  });

  it("plays the sickness of its flag on every path, unless the path asks for another", async () => {
    receiver = await runReceiver({}, "--sick", "/status/503");
    expect(await post(receiver.url)).toMatchObject({ httpStatus: 503 });
    expect(await post(`${receiver.url}/status/201`)).toMatchObject({ httpStatus: 201 });
    expect(await receiver.requests()).toHaveLength(2);
  });

  it("says what is wrong with its port, secrets and arguments", async () => {
    const taken = await startReceiver();
    const { port } = new URL(taken.url);
    const complaint = async (env: Record<string, string>, ...args: string[]) => {
      receiver = launchReceiver(env, ...args);
      return [await receiver.ended, receiver.lines.join("\n")];
    };
    expect(await complaint({ RECEIVER_PORT: port })).toEqual([
      1,
      expect.stringMatching(`port ${port} is taken: set RECEIVER_PORT`),
    ]);
    expect(await complaint({ RECEIVER_SECRETS: "a=whsec_AAAA" })).toEqual([
      2,
      expect.stringMatching(/RECEIVER_SECRETS: .* "a" must hold/),
    ]);
    expect(await complaint({ RECEIVER_SECRETS: "whsec_AAAA" })).toEqual([2, expect.stringMatching(/name=whsec_…/)]);
    expect(await complaint({}, "--sick", "/nothing")).toEqual([
      2,
      expect.stringMatching(/no sickness \/nothing\nusage:/),
    ]);
    expect(await complaint({}, "--wrong")).toEqual([2, expect.stringMatching(/usage: npm run receiver/)]);
    await taken.close();
  });
});

describe("the receiver plays", () => {
  let healthy: ReceiverProgram;

  beforeAll(async () => {
    healthy = await runReceiver({});
  });
  afterAll(() => healthy.stop());

  it.each([
    ["/status/503", { outcome: "HTTP_5XX", httpStatus: 503 }],
    ["/status/410", { outcome: "HTTP_4XX", httpStatus: 410 }],
    ["/status/204", { outcome: "SUCCESS", httpStatus: 204 }],
    ["/status/302", { outcome: "HTTP_3XX", httpStatus: 302 }],
    ["/retry-after/30", { outcome: "HTTP_4XX", httpStatus: 429, response: { headers: { "retry-after": "30" } } }],
    ["/slow/200", { outcome: "SUCCESS" }],
    ["/slow/5000", { outcome: "TIMEOUT", httpStatus: null }],
    ["/slow/100/status/500", { outcome: "HTTP_5XX", httpStatus: 500 }],
    ["/hang", { outcome: "TIMEOUT", httpStatus: null }],
    ["/reset", { outcome: "CONNECT", httpStatus: null }],
    ["/drip", { outcome: "TIMEOUT", httpStatus: 200 }],
    ["/truncate", { outcome: "CONNECT", httpStatus: 200 }],
    ["/big", { outcome: "SUCCESS", httpStatus: 200, response: { truncated: true } }],
    ["/flaky/0", { outcome: "SUCCESS" }],
    ["/flaky/1", { outcome: "HTTP_5XX", httpStatus: 503 }],
    ["/an/ordinary/path", { outcome: "SUCCESS" }],
    ["/status/9999", { outcome: "SUCCESS" }],
    ["/slow", { outcome: "SUCCESS" }],
  ])("%s", async (sick, expected) => {
    const ends = expected.outcome === "TIMEOUT" ? { by: hasty, within: deadlineMs + deadlineSlackMs } : undefined;
    const result = await (ends?.by.post ?? post)(healthy.url + sick);
    expect(result).toMatchObject(expected);
    expect(result.timing.totalMs).toBeLessThan(ends?.within ?? patientMs);
    if (sick === "/slow/200") expect(result.timing.firstByteMs).toBeGreaterThanOrEqual(195);
  });
});

async function freePort(): Promise<number> {
  const probe = await startReceiver();
  await probe.close();
  return Number(new URL(probe.url).port);
}

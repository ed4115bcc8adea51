import { createServer as createHttpServer } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort } from "../../../internal/devstack/free-port.ts";
import { runCommand } from "../../harness/command.ts";
import { until } from "../../harness/wait.ts";
import { pem } from "./certificates.ts";

const servers: Server[] = [];

/** Listens on a port of its own, which it answers. */
async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** The first that `verify` says of its waiting; bootstrap waits for the API in the same words. */
async function said(env: Record<string, string>): Promise<string> {
  const command = runCommand("verify", {
    VERIFY_COMPANY_KEY: "a company's key, whole",
    VERIFY_WORKSPACE_KEY: "a workspace's key, whole",
    VERIFY_ENDPOINT_ID: "whe_1",
    ...env,
  });
  try {
    await until(() => command.lines().some((line) => line.startsWith("waiting")), { what: "it to say that it waits" });
    return command.lines().join("\n");
  } finally {
    command.kill("SIGKILL");
    await command.ended;
  }
}

let [free, silent, web, secure, mutual] = [0, 0, 0, 0, 0];

describe("whoever waits for the API says what it waits for, where, and what to look at", () => {
  beforeAll(async () => {
    const tls = { cert: pem("server-1.pem"), key: pem("server-1.key") };
    silent = await listening(createServer(() => {}));
    web = await listening(createHttpServer((_, answer) => answer.end("hello")));
    secure = await listening(createSecureServer(tls));
    mutual = await listening(createSecureServer({ ...tls, requestCert: true, ca: pem("clients-1.pem") }));
    free = await freePort();
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  const ca = path.join(import.meta.dirname, "certs/server-ca.pem");
  const cases: [what: string, url: () => string, env: Record<string, string>, words: string][] = [
    [
      "nobody listens",
      () => `http://127.0.0.1:${free}`,
      {},
      "nobody listens there: look whether its pods are ready, and at what they log; is VERIFY_API_URL right? " +
        "(connect ECONNREFUSED 127.0.0.1:",
    ],
    [
      "the name is wrong",
      () => "http://sealpost-api.invalid:50051",
      {},
      "nothing has this name: is VERIFY_API_URL right, and is the API's Service there?",
    ],
    [
      "packets go nowhere",
      () => `http://127.0.0.1:${silent}`,
      {},
      "no answer in time: look whether its pods are ready, and at what they log; does a network policy let this call through?",
    ],
    [
      "it is no gRPC",
      () => `http://127.0.0.1:${web}`,
      {},
      "what listens there breaks off: is VERIFY_API_URL right, with its port and https:// or http://?",
    ],
    [
      "it is plain text",
      () => `https://localhost:${web}`,
      { VERIFY_API_CA_FILE: ca },
      "what listens there does not speak TLS: is it http:// in VERIFY_API_URL? (wrong version number)",
    ],
    [
      "its certificate is another authority's",
      () => `https://localhost:${secure}`,
      {},
      "its certificate is not trusted: VERIFY_API_CA_FILE has the authorities that may sign it (unable to",
    ],
    [
      "it asks for a certificate",
      () => `https://localhost:${mutual}`,
      { VERIFY_API_CA_FILE: ca },
      "it wants a certificate that it trusts: VERIFY_API_CLIENT_CERT_FILE has the one that is shown",
    ],
  ];

  it.concurrent.each(cases)("%s", async (_, url, env, words) => {
    const printed = await said({ VERIFY_API_URL: url(), ...env });
    expect(printed).toContain(`waiting for the API at ${url()}: ${words}`);
    // The words of gRPC's own code.
    expect(printed).not.toMatch(/LB pick|round_robin|Deadline exceeded|No connection established|Resolution note/);
  });
});

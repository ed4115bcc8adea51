import { createServer } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { freePort, isFree } from "./free-port.ts";
import { claimPorts } from "./ports.ts";

describe("ports", () => {
  it("gives none twice before a server had the time to listen on it", async () => {
    const ports = await Promise.all(Array.from({ length: 500 }, () => freePort()));
    expect(new Set(ports).size).toBe(500);
  });

  it("takes what is asked for, and any free one for 0", async () => {
    const port = await freePort();
    const [given, any, other] = await claimPorts([
      { port, variable: "HTTP_PORT", what: "the API" },
      { port: 0, variable: "GRPC_PORT", what: "the API" },
      { port: 0, variable: "NATS_PORT", what: "NATS" },
    ]);
    expect(given).toBe(port);
    expect(new Set([given, any, other]).size).toBe(3);
    expect(await isFree(any as number)).toBe(true);
  });

  it.each(["127.0.0.1", "::"])("names the taken port and the variable that changes it (taken on %s)", async (host) => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    try {
      const asked = [
        { port, variable: "HTTP_PORT", what: "the API over HTTP" },
        { port, variable: "GRPC_PORT", what: "the API over gRPC" },
      ];
      await expect(claimPorts(asked)).rejects.toThrow(
        `port ${port} (the API over HTTP) is taken by another program: set HTTP_PORT to another one, or to 0 for any\n` +
          `port ${port} is asked for twice: set GRPC_PORT (the API over gRPC) to another one`,
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

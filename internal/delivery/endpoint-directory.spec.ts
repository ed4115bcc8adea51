import { describe, expect, it, jest } from "@jest/globals";
import { noAllowance } from "../network/allowance.ts";
import { EndpointDirectory } from "./endpoint-directory.ts";
import type { DeliveryEndpoint } from "./ports.ts";

function endpoint(url: string): DeliveryEndpoint {
  return {
    id: "a",
    companyId: "c",
    url,
    status: "ACTIVE",
    maxInFlight: 4,
    allowance: noAllowance,
    keys: [],
    headers: {},
    validUntil: Number.POSITIVE_INFINITY,
  };
}

describe("endpoint directory", () => {
  it("reads an endpoint once and knows it from then on", async () => {
    let reads = 0;
    const directory = new EndpointDirectory({ readForDelivery: async () => endpoint(`http://${++reads}`) });
    directory.setLive(true);
    expect(directory.peek("a")).toBeUndefined();
    await Promise.all([directory.get("a"), directory.get("a")]);
    expect(directory.peek("a")?.url).toBe("http://1");
    expect(reads).toBe(1);
  });

  it("reads again after a notice of change", async () => {
    let reads = 0;
    const directory = new EndpointDirectory({ readForDelivery: async () => endpoint(`http://${++reads}`) });
    directory.setLive(true);
    await directory.get("a");
    directory.forget("a");
    expect((await directory.get("a"))?.url).toBe("http://2");
  });

  it("does not keep what was read before a change that was told while reading", async () => {
    const answers: ((endpoint: DeliveryEndpoint) => void)[] = [];
    const directory = new EndpointDirectory({
      readForDelivery: () => new Promise((resolve) => answers.push(resolve)),
    });
    directory.setLive(true);
    const before = directory.get("a");
    directory.forget("a");
    answers[0]?.(endpoint("http://old"));
    await before;
    expect(directory.peek("a")).toBeUndefined();
  });

  it("reads a company's endpoints again after a notice about the company, and nobody else's", async () => {
    const reads: string[] = [];
    const directory = new EndpointDirectory({
      async readForDelivery(id) {
        reads.push(id);
        return { ...endpoint("http://1"), id, companyId: id.slice(0, 3) };
      },
    });
    directory.setLive(true);
    for (const id of ["one/a", "one/b", "two/a"]) await directory.get(id);
    directory.forgetCompany("one");
    for (const id of ["one/a", "one/b", "two/a"]) await directory.get(id);
    expect(reads).toEqual(["one/a", "one/b", "two/a", "one/a", "one/b"]);
  });

  it("reads again when one of its keys has ended, whatever its age", async () => {
    const now = jest.spyOn(Date, "now").mockReturnValue(1_000_000);
    try {
      const directory = new EndpointDirectory({
        readForDelivery: async () => ({ ...endpoint("http://1"), validUntil: 1_005_000 }),
      });
      directory.setLive(true);
      await directory.get("a");
      now.mockReturnValue(1_004_999);
      expect(directory.peek("a")).toBeDefined();
      now.mockReturnValue(1_005_000);
      expect(directory.peek("a")).toBeUndefined();
    } finally {
      now.mockRestore();
    }
  });

  it("forgets everything when notices stop arriving", async () => {
    const directory = new EndpointDirectory({ readForDelivery: async () => endpoint("http://1") });
    directory.setLive(true);
    await directory.get("a");
    directory.setLive(false);
    expect(directory.peek("a")).toBeUndefined();
  });

  it("tries again after a read that failed", async () => {
    let fail = true;
    const directory = new EndpointDirectory({
      readForDelivery: async () => {
        if (fail) throw new Error("no database");
        return endpoint("http://1");
      },
    });
    await expect(directory.get("a")).rejects.toThrow("no database");
    fail = false;
    expect((await directory.get("a"))?.url).toBe("http://1");
  });
});

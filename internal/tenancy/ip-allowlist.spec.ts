import { describe, expect, it } from "@jest/globals";
import { DomainError } from "../domain/errors.ts";
import { canonicalAllowlist, readAllowlist, requireAllowedAddress } from "./ip-allowlist.ts";

describe("a list", () => {
  it("is kept in plain form, each block once", () => {
    expect(canonicalAllowlist(["203.0.113.7", "10.0.0.0/8", "2001:DB8::/32", "::1", "::ffff:10.0.0.0/104"])).toEqual([
      "203.0.113.7/32",
      "10.0.0.0/8",
      "2001:db8::/32",
      "::1/128",
    ]);
    expect(canonicalAllowlist([])).toEqual([]);
  });

  it("is refused with everything that is wrong", () => {
    const texts = ["10.0.0.0/8", "10.1.2.3/8", "example.com", "", "1.2.3.4:80", "010.0.0.1", "1.2.3.4/33", " ::1"];
    let thrown: unknown;
    try {
      canonicalAllowlist(texts);
    } catch (error) {
      thrown = error;
    }
    const { fieldViolations = [] } = (thrown as DomainError).details;
    expect(fieldViolations.map(({ field }) => field)).toEqual([1, 2, 3, 4, 5, 6, 7].map((i) => `cidrs[${i}]`));
    expect(fieldViolations[0]?.description).toContain("without bits beyond its prefix");
    expect(() => canonicalAllowlist(Array.from({ length: 201 }, () => "::1"))).toThrow("at most 200 blocks");
  });
});

describe("an address", () => {
  const call = (address: string, cidrs: string[]) => () =>
    requireAllowedAddress(
      {
        kind: "company",
        keyId: "k",
        companyId: "019b0000-0000-7000-8000-000000000000",
        origin: { address, requestId: "r", method: "m" },
      },
      readAllowlist(cidrs),
    );

  it.each([
    ["203.0.113.7", ["203.0.113.0/24"]],
    ["203.0.113.7", ["2001:db8::/32", "203.0.113.7/32"]],
    ["::1", ["::1/128"]],
    ["2001:db8:1::1", ["2001:db8::/32"]],
    ["198.51.100.1", ["0.0.0.0/0"]],
  ])("%s is in %j", (address, cidrs) => {
    expect(call(address, cidrs)).not.toThrow();
  });

  it.each([
    ["203.0.114.7", ["203.0.113.0/24"], "came from 203.0.114.7, and it is not in the company's IP allowlist"],
    ["203.0.113.7", ["2001:db8::/32"], "it is not in"],
    ["2001:db8::1", ["0.0.0.0/0"], "it is not in"],
    ["127.0.0.1", [], "the company's IP allowlist is empty"],
    ["", ["0.0.0.0/0", "::/0"], "an address that its proxy did not say plainly in X-Forwarded-For"],
  ])("%s is not in %j, and how to change that is said", (address, cidrs, message) => {
    expect(call(address, cidrs)).toThrow(message);
    expect(call(address, cidrs)).toThrow("POST /v1/companies/com_01kc000000e008000000000000/ip-allowlist");
  });
});

import { describe, expect, it } from "@jest/globals";
import type { DomainError } from "../domain/errors.ts";
import { type DeliveryNetworks, noDeliveryNetworks } from "../network/allowance.ts";
import { readDeliveryNetworks } from "./delivery-networks.ts";

const block = (cidr: string, name = "services") => ({ networks: [{ name, cidr }] });

function complaints(input: Partial<DeliveryNetworks>): Record<string, string> {
  try {
    readDeliveryNetworks({ ...noDeliveryNetworks, ...input });
    return {};
  } catch (error) {
    const { fieldViolations = [] } = (error as DomainError).details;
    return Object.fromEntries(fieldViolations.map(({ field, description }) => [field, description]));
  }
}

describe("delivery networks", () => {
  it("are kept in their plain form", () => {
    const networks = [
      { name: " services ", cidr: "10.96.0.0/12" },
      { name: "pods", cidr: "FD00:10:0::/64" },
      { name: "one host", cidr: "192.168.1.7" },
    ];
    const read = readDeliveryNetworks({ networks, nameSuffixes: [".SVC.cluster.local.", "corp"], allowHttp: true });
    expect(read).toEqual({
      networks: [
        { name: "services", cidr: "10.96.0.0/12" },
        { name: "pods", cidr: "fd00:10::/64" },
        { name: "one host", cidr: "192.168.1.7/32" },
      ],
      nameSuffixes: ["svc.cluster.local", "corp"],
      allowHttp: true,
    });
    expect(readDeliveryNetworks(noDeliveryNetworks)).toEqual(noDeliveryNetworks);
  });

  it.each([
    ...[
      "10.0.0.0/8",
      "10.1.0.0/16",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "198.18.0.0/15",
      "240.0.0.0/4",
    ],
    ...["fc00::/7", "fd12:3456::/48", "::ffff:10.0.0.0/104"],
  ])("may have %s, with which people number their own networks", (cidr) => {
    expect(complaints(block(cidr))).toEqual({});
  });

  it.each([
    ["127.0.0.0/8", "loopback"],
    ["127.0.0.1", "loopback"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.0/104", "loopback"],
    ["169.254.0.0/16", "link-local"],
    ["169.254.169.254", "metadata service"],
    ["fe80::/10", "link-local"],
    ["fd00:ec2::254", "metadata service"],
    ["100.100.100.200", "metadata service"],
    ["168.63.129.16", "Azure"],
    ["224.0.0.0/4", "multicast"],
    ["ff00::/8", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["0.0.0.0/8", "this network"],
    ["0.0.0.0/0", "must lie within a block for private networks: 10.0.0.0/8, "],
    ["::/0", "must lie within a block for private networks"],
    ["8.8.8.0/24", "must lie within a block for private networks"],
    ["2606:4700::/32", "must lie within a block for private networks"],
    ["64:ff9b::/96", "must lie within a block for private networks"],
    ["10.0.0.0/7", "must lie within a block for private networks"],
    ["10.1.2.3/8", "without bits beyond its prefix"],
    ["10.0.0.0/33", "must be a block"],
    ["services", "must be a block"],
    ["", "must be a block"],
  ])("may not have %s", (cidr, reason) => {
    expect(complaints(block(cidr))["networks[0].cidr"]).toContain(reason);
  });

  it.each([
    ["localhost", "this machine"],
    ["a.localhost.", "this machine"],
    ["metadata.google.internal", "metadata service"],
    ["metadata", "metadata service"],
    ["", "empty part"],
    ["*.svc.cluster.local", "not letters, digits"],
    ["svc..local", "empty part"],
    ["10.0.0.0", "addresses belong into networks"],
    [`${"a".repeat(64)}.local`, "64 characters"],
  ])("may not have names that end in %j", (suffix, reason) => {
    expect(complaints({ nameSuffixes: [suffix] })["name_suffixes[0]"]).toContain(reason);
  });

  it("say everything that is wrong at once", () => {
    const networks = [
      { name: "", cidr: "127.0.0.0/8" },
      { name: "pods", cidr: "10.0.0.0/8" },
      { name: "pods", cidr: "10.0.0.0/8" },
    ];
    expect(Object.keys(complaints({ networks, nameSuffixes: ["corp", ".corp"], allowHttp: true }))).toEqual([
      "networks[0].name",
      "networks[0].cidr",
      "networks",
      "name_suffixes",
    ]);
    expect(complaints({ allowHttp: true })).toEqual({ allow_http: expect.stringContaining("needs networks") });
    const many = Array.from({ length: 101 }, (_, i) => ({ name: `n${i}`, cidr: `10.${i}.0.0/16` }));
    expect(complaints({ networks: many })).toEqual({ networks: "must be at most 100" });
  });
});

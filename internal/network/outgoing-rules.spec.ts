import { describe, expect, it } from "@jest/globals";
import { allowanceOf, type DeliveryNetworks, noAllowance, noDeliveryNetworks } from "./allowance.ts";
import { parseCidr } from "./cidr.ts";
import { OutgoingRules } from "./outgoing-rules.ts";

const deny = ["10.96.0.0/12", "203.0.113.0/24", "8.8.4.0/24", "2606:4700::/32"].map(
  (text) => parseCidr(text) ?? never(),
);
const production = new OutgoingRules({ development: false, deny });
const development = new OutgoingRules({ development: true, deny });
const https = { secure: true, allowance: noAllowance };
const http = { secure: false, allowance: noAllowance };
const cluster: DeliveryNetworks = {
  networks: [
    { name: "services", cidr: "10.0.0.0/8" },
    { name: "pods", cidr: "fd00:10::/64" },
  ],
  nameSuffixes: ["svc.cluster.local", "corp.example.com"],
  allowHttp: false,
};
const journey = (secure: boolean, more: Partial<DeliveryNetworks> = {}) => ({
  secure,
  allowance: allowanceOf({ ...cluster, ...more }),
});

describe("outgoing rules", () => {
  it("in production, reach public addresses over https", () => {
    expect(production.refuseAddress("8.8.8.8", https)).toBeUndefined();
    expect(production.refuseAddress("2a00:1450::1", https)).toBeUndefined();
    expect(production.refuseAddress("8.8.8.8", http)).toContain("use https://");
    expect(production.refuseHost("example.com", http)).toContain("use https://");
    for (const address of ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fe80::1", "::ffff:10.0.0.1"]) {
      expect(production.refuseAddress(address, https)).toBeDefined();
      expect(production.refuseHost(address, https)).toBeDefined();
    }
  });

  it("refuse what is no address: nothing can be said of it", () => {
    for (const rules of [production, development]) {
      expect(rules.refuseAddress("", https)).toBe('"" is not an address');
      expect(rules.refuseAddress("fe80::1%eth0", https)).toContain("is not an address");
    }
  });

  it("in development, reach this machine and private networks too, over http too", () => {
    for (const address of ["127.0.0.1", "::1", "10.0.0.1", "192.168.0.1", "fd00::1", "8.8.8.8"]) {
      expect(development.refuseAddress(address, http)).toBeUndefined();
    }
    for (const address of ["169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "fe80::1", "100.100.100.200", "2002::1"]) {
      expect(development.refuseAddress(address, http)).toBeDefined();
    }
    expect(development.refuseHost("localhost", http)).toBeUndefined();
    expect(development.refuseHost("receiver", http)).toBeUndefined();
    expect(development.refuseHost("metadata.google.internal", https)).toContain("metadata service");
  });

  it("deny what the operator denies, in whatever form and whoever else allows it", () => {
    const denied = "8.8.4.4 is in 8.8.4.0/24, which the operator denies";
    for (const rules of [production, development]) {
      for (const address of ["8.8.4.4", "::ffff:8.8.4.4", "64:ff9b::8.8.4.4"]) {
        expect(rules.refuseAddress(address, https)).toBe(denied);
      }
      expect(rules.refuseAddress("2606:4700::1111", https)).toContain("which the operator denies");
      expect(rules.refuseAddress("10.96.0.1", journey(true))).toContain("10.96.0.0/12, which the operator denies");
    }
  });
});

describe("delivery networks of a company", () => {
  it("are reached by address, and so are the names that lead there", () => {
    expect(production.refuseAddress("10.1.2.3", journey(true))).toBeUndefined();
    expect(production.refuseAddress("fd00:10::7", journey(true))).toBeUndefined();
    expect(production.refuseHost("10.1.2.3", journey(true))).toBeUndefined();
    expect(production.refuseHost("orders.shop.svc.cluster.local", journey(true))).toBeUndefined();
    expect(production.refuseHost("ORDERS.shop.svc.cluster.local.", journey(true))).toBeUndefined();
    expect(production.refuseHost("corp.example.com", journey(true))).toBeUndefined();
  });

  it("are no more than they say", () => {
    expect(production.refuseAddress("192.168.0.1", journey(true))).toContain("192.168.0.0/16");
    expect(production.refuseAddress("fd00:10:0:1::7", journey(true))).toContain("unique local");
    expect(production.refuseHost("orders.shop.pod.cluster.local", journey(true))).toContain("ends in .cluster.local");
    expect(production.refuseHost("evilsvc.cluster.local", journey(true))).toContain("ends in .cluster.local");
    // A name alone opens nothing: what it leads to must be allowed too.
    expect(production.refuseAddress("192.168.0.1", journey(true))).toBeDefined();
  });

  it("take plain http where the operator says so, and only there", () => {
    for (const secure of [true, false]) {
      const there = journey(secure, { allowHttp: true });
      expect(production.refuseAddress("10.1.2.3", there)).toBeUndefined();
      expect(production.refuseHost("a.b.svc.cluster.local", there)).toBeUndefined();
    }
    expect(production.refuseAddress("10.1.2.3", journey(false))).toContain("use https://");
    expect(production.refuseHost("a.b.svc.cluster.local", journey(false))).toContain("use https://");
    expect(production.refuseHost("example.com", journey(false, { allowHttp: true }))).toContain("use https://");
    expect(production.refuseAddress("8.8.8.8", journey(false, { allowHttp: true }))).toContain("use https://");
  });

  it("never open this machine, link-local, metadata or multicast, whatever stands in the record", () => {
    const cidrs = [
      "0.0.0.0/0",
      "::/0",
      "127.0.0.0/8",
      "::1",
      "169.254.0.0/16",
      "fe80::/10",
      "100.64.0.0/10",
      "fc00::/7",
    ];
    const everything = journey(true, {
      networks: cidrs.map((cidr) => ({ name: cidr, cidr })),
      nameSuffixes: ["localhost", "internal", "metadata"],
      allowHttp: true,
    });
    const never = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::"];
    for (const address of [
      ...never,
      "100.100.100.200",
      "fd00:ec2::254",
      "168.63.129.16",
      "255.255.255.255",
      "ff02::1",
    ]) {
      expect(production.refuseAddress(address, everything)).toBeDefined();
    }
    expect(production.refuseHost("metadata.google.internal", everything)).toContain("metadata service");
    expect(production.refuseHost("metadata", everything)).toContain("metadata service");
  });

  it("that are equal have the same key, others another one", () => {
    const { networks } = cluster;
    expect(allowanceOf(cluster).key).toBe(allowanceOf({ ...cluster, networks: networks.toReversed() }).key);
    const keys = [
      cluster,
      { ...cluster, allowHttp: true },
      { ...cluster, networks: [] },
      { ...cluster, nameSuffixes: [] },
    ];
    expect(new Set(keys.map((each) => allowanceOf(each).key)).size).toBe(4);
    expect(allowanceOf(noDeliveryNetworks).key).toBe("");
    expect(allowanceOf({ ...noDeliveryNetworks, allowHttp: true }).key).toBe("");
  });
});

function never(): never {
  throw new Error("was not read");
}

import { describe, expect, it } from "@jest/globals";
import { parseAddress } from "./address.ts";
import { specialRange, whyNotPublic } from "./special-ranges.ts";

const address = (text: string) => parseAddress(text) ?? missing(text);
const why = (text: string) => whyNotPublic(address(text));

describe("special-purpose addresses", () => {
  it.each([
    ["0.0.0.0", "0.255.255.255", "0.0.0.0/8"],
    ["10.0.0.0", "10.255.255.255", "10.0.0.0/8"],
    ["100.64.0.0", "100.127.255.255", "100.64.0.0/10"],
    ["127.0.0.1", "127.255.255.254", "127.0.0.0/8"],
    ["169.254.0.0", "169.254.255.255", "169.254.0.0/16"],
    ["172.16.0.0", "172.31.255.255", "172.16.0.0/12"],
    ["192.0.0.0", "192.0.0.255", "192.0.0.0/24"],
    ["192.0.2.0", "192.0.2.255", "192.0.2.0/24"],
    ["192.31.196.0", "192.31.196.255", "192.31.196.0/24"],
    ["192.52.193.0", "192.52.193.255", "192.52.193.0/24"],
    ["192.88.99.0", "192.88.99.255", "192.88.99.0/24"],
    ["192.168.0.0", "192.168.255.255", "192.168.0.0/16"],
    ["192.175.48.0", "192.175.48.255", "192.175.48.0/24"],
    ["198.18.0.0", "198.19.255.255", "198.18.0.0/15"],
    ["198.51.100.0", "198.51.100.255", "198.51.100.0/24"],
    ["203.0.113.0", "203.0.113.255", "203.0.113.0/24"],
    ["224.0.0.0", "239.255.255.255", "224.0.0.0/4"],
    ["240.0.0.0", "255.255.255.254", "240.0.0.0/4"],
    ["::2", "::ffff:ffff", "::/96"],
    ["::ffff:0:0:0", "::ffff:0:ffff:ffff", "::ffff:0:0:0/96"],
    ["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::/48"],
    ["100::", "100::ffff:ffff:ffff:ffff", "100::/64"],
    ["100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "100:0:0:1::/64"],
    ["2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/32"],
    ["2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23"],
    ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"],
    ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::/16"],
    ["2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::/48"],
    ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::/20"],
    ["5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::/16"],
    ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7"],
    ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/10"],
    ["fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::/10"],
    ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8"],
  ])("%s to %s is %s", (first, last, cidr) => {
    for (const text of [first, last]) expect(why(text)).toContain(`${text} is in ${cidr} (`);
  });

  it.each([
    ...["1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"],
    ...["169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255"],
    ...["192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8"],
    ...["168.63.129.15", "2000::", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::", "2606:4700::1111"],
    ...["2a00:1450::1", "3ffe::1", "3fff:1000::"],
  ])("%s may be a host on the internet", (text) => {
    expect(why(text)).toBeUndefined();
  });

  it.each([
    ["169.254.169.254", "the metadata service of clouds"],
    ["168.63.129.16", "platform services of Azure"],
    ["100.100.100.200", "the metadata service of Alibaba Cloud"],
    ["192.0.0.192", "the metadata service of Oracle Cloud"],
    ["fd00:ec2::254", "the metadata service of AWS"],
    ["fd20:ce::254", "the metadata service of Google Cloud"],
    ["255.255.255.255", "the broadcast address"],
    ["::", "the unspecified address"],
    ["::1", "the loopback address"],
  ])("%s is %s, and nobody's own network", (text, name) => {
    expect(why(text)).toContain(name);
    expect(specialRange(address(text))?.kind).not.toBe("own");
  });

  it.each(["4000::1", "1000::1", "6000::1", "8000::1", "e000::1", "f000::1", "200::1", "::1:0:0:0"])(
    "%s is in no range that is given out",
    (text) => {
      expect(why(text)).toContain("is outside of 2000::/3");
    },
  );

  it("judges IPv4 inside IPv6 by where it leads", () => {
    expect(why("::ffff:10.1.2.3")).toBe("10.1.2.3 is in 10.0.0.0/8 (private network, RFC 1918)");
    expect(why("64:ff9b::10.1.2.3")).toBe(
      "64:ff9b::a01:203 leads to 10.1.2.3, which is in 10.0.0.0/8 (private network, RFC 1918)",
    );
    expect(why("64:ff9b::169.254.169.254")).toContain("which is the metadata service of clouds");
    expect(why("::ffff:8.8.8.8")).toBeUndefined();
    expect(why("64:ff9b::8.8.8.8")).toBeUndefined();
    // Of these nobody knows where they lead.
    for (const text of ["::8.8.8.8", "2002:808:808::1", "2001:0:808:808::1", "::ffff:0:8.8.8.8"]) {
      expect(why(text)).toBeDefined();
    }
  });

  it("knows what networks of one's own are numbered with", () => {
    const own = ["10.0.0.1", "172.20.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "240.0.0.1", "fd00::1"];
    for (const text of own) expect(specialRange(address(text))?.kind).toBe("own");
    const never = ["127.0.0.1", "169.254.1.1", "0.0.0.0", "224.0.0.1", "fe80::1", "ff02::1", "192.0.2.1", "2002::1"];
    for (const text of never) expect(specialRange(address(text))?.kind).not.toBe("own");
  });
});

function missing(text: string): never {
  throw new Error(`${text} was not read`);
}

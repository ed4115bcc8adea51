import { describe, expect, it } from "@jest/globals";
import { noAllowance } from "../network/allowance.ts";
import { OutgoingRules } from "../network/outgoing-rules.ts";
import { readUrl } from "./url-policy.ts";

const rules = (development: boolean) => ({
  rules: new OutgoingRules({ development, deny: [] }),
  allowance: noAllowance,
});
const development = rules(true);
const production = rules(false);

/** The same on one line: `what the host is: URL, URL …`. */
function rows(table: Record<string, string[]>): [url: string, reason: string][] {
  return Object.entries(table).flatMap(([reason, urls]) => urls.map((url): [string, string] => [url, reason]));
}

describe("a receiver's URL", () => {
  it.each([
    "https://hooks.example.com/in?tenant=1&x=%23&y=%0a",
    "HTTPS://Example.com:8443/Path",
    "https://example.com./a@b",
    "https://a_b.example.com/",
    "https://xn--bcher-kva.example/",
    "https://8.8.8.8/hook",
    "https://8.8.8.8:443",
    "https://[2606:4700::1111]/hook",
    "https://[2606:4700:0:0::0001]:8443/hook",
    "https://example.com:1",
    "https://example.com:8080/",
    "https://example.com:9093/",
    "https://example.com:65535/",
    "https://local.example.com/",
    "https://svc.example.com/",
    "https://localhost.example.com/",
    "https://10.0.0.1.example.com/",
    "https://example.com//..//a;b=c,d?e=f?g",
    `https://${"a".repeat(63)}.example.com/`,
    `https://${"a.".repeat(125)}com/`,
  ])("is kept as it was written: %s", (url) => {
    expect(readUrl(url, production)).toEqual({ url });
    expect(readUrl(url, development)).toEqual({ url });
  });

  it("has a name in another script as punycode, as the resolver is asked for it", () => {
    expect(readUrl("https://bücher.example/ä", production)).toEqual({ url: "https://xn--bcher-kva.example/%C3%A4" });
    expect(readUrl("https://例え.テスト/", production)).toEqual({ url: "https://xn--r8jz45g.xn--zckzah/" });
    expect(readUrl("https://ＥＸＡＭＰＬＥ.com/", production)).toEqual({ url: "https://example.com/" });
  });

  it.each(
    rows({
      "absolute URL that starts with https://": [
        ...[
          "",
          "example.com/hook",
          "//example.com",
          "https:example.com",
          "https:/example.com",
          "https",
          "://example.com",
        ],
        ...[
          "ftp://example.com",
          "file:///etc/passwd",
          "javascript:alert(1)",
          "data:text/plain,x",
          "gopher://example.com",
        ],
        ...[
          "ws://example.com",
          "wss://example.com",
          "unix:///run/x.sock",
          "httpss://example.com",
          "-https://example.com",
        ],
      ],
      "host or port": [
        ...[
          "https://",
          "https://:443/",
          "https:///path",
          "https://?x",
          "https://example.com:99999",
          "https://example.com:0",
        ],
        ...[
          "https://example.com:00",
          "https://example.com:-1",
          "https://example.com:80:80",
          "https://example.com:port",
        ],
        ...["https://[::1", "https://::1/", "https://[example.com]/", "https://[1.2.3.4]/", "https://exa<mple.com"],
        ...[
          "https://1.2.3.4.5/",
          "https://256.256.256.256/",
          "https://1.2.3.999/",
          "https://example.0x1/",
          "https://08.1/",
        ],
      ],
      "user name": [
        ...[
          "https://user:secret@example.com",
          "https://@example.com",
          "https://:@example.com",
          "https://user@example.com",
        ],
        ...["https://example.com:443@127.0.0.1/", "https://example.com%2f@127.0.0.1/", "https://a@b@c.example/"],
      ],
      fragment: [
        "https://example.com#top",
        "https://example.com/#",
        "https://example.com/?#",
        "https://127.0.0.1#.example.com/",
      ],
      "whitespace, control": [
        ...[" https://example.com", "https://example.com ", "https://example.com/a b", "https://exam\tple.com"],
        ...[
          "https://example.com/\r\nx: y",
          "ht\ntps://example.com",
          "https://example.com\\@internal",
          "https:\\\\example.com",
        ],
        ...[
          "https://example.com/\u0000",
          "https://example.com/\u007f",
          "https://example.com/\u0085",
          "\ufeffhttps://example.com",
        ],
        ...[
          "https://exa\u00admple.com",
          "https://exa\u200bmple.com",
          "https://example.com/\u202egpj",
          "https://example.com/\u2028",
        ],
        ...[
          "https://example.com/\u00a0",
          "https://example.com/\ud800",
          "https://exa\u200dmple.com",
          "https://example.com/\u2066",
        ],
      ],
      "written plainly": [
        ...["https://%31%32%37.0.0.1/", "https://ex%61mple.com", "https://example.com%00/", "https://%6c%6f%63alhost/"],
        ...["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[2606:4700::1111%1]/"],
      ],
      "must not lead to port": [
        ...["https://example.com:22", "https://example.com:25/", "https://example.com:53/x", "https://8.8.8.8:445"],
        ...["https://[2606:4700::1111]:587/", "https://example.com:0025/"],
      ],
    }),
  )("is refused in either mode: %j (%s)", (text, reason) => {
    for (const policy of [production, development]) {
      expect(readUrl(text, policy)).toEqual({ reason: expect.stringContaining(reason) });
    }
  });

  it.each(
    rows({
      "another form of 8.8.8.8: write that": [
        ...[
          "https://134744072/",
          "https://0x08080808/",
          "https://01002004010/",
          "https://8.8.2056/",
          "https://8.526344/",
        ],
        ...[
          "https://0x8.0x8.0x8.0x8/",
          "https://010.8.8.8/",
          "https://8.8.8.8./",
          "https://８.８.８.８/",
          "https://8。8。8。8/",
        ],
        ...[
          "https://⑧.⑧.⑧.⑧/",
          "https://[::ffff:8.8.8.8]/",
          "https://[::ffff:808:808]/",
          "https://[64:ff9b::8.8.8.8]/",
        ],
        ...["https://134744072:8443/", "https://8.8.8.8.:443/"],
      ],
    }),
  )("shows the address that it leads to: %s", (text, reason) => {
    for (const policy of [production, development]) {
      expect(readUrl(text, policy)).toEqual({ reason: expect.stringContaining(reason) });
    }
  });

  it.each(
    rows({
      "127.0.0.1 is in 127.0.0.0/8 (loopback": [
        ...[
          "https://127.0.0.1",
          "https://127.0.0.1:8443/x",
          "https://2130706433/",
          "https://0x7f000001/",
          "https://0x7f.1/",
        ],
        ...[
          "https://0177.0.0.1/",
          "https://017700000001/",
          "https://127.1/",
          "https://127.0.1/",
          "https://127.0.0.1./",
        ],
        ...["https://①②⑦.0.0.1/", "https://１２７.0.0.1/", "https://127。0。0。1/", "https://127｡0｡0｡1/"],
        ...["https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[0:0:0:0:0:ffff:7f00:0001]/"],
      ],
      "127.1.2.3 is in 127.0.0.0/8": ["https://127.1.2.3/", "https://0x7f010203/"],
      "0.0.0.0 is in 0.0.0.0/8": ["https://0/", "https://0.0.0.0/", "https://0x0/", "https://00000/"],
      "(private network, RFC 1918): the operator can allow it": [
        ...[
          "https://10.0.0.1/",
          "https://167772161/",
          "https://172.16.0.1/",
          "https://172.31.255.255",
          "https://192.168.0.1/",
        ],
        ...["https://192.168.257/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::10.0.0.1]/"],
      ],
      "is the metadata service of clouds": [
        ...[
          "https://169.254.169.254/latest/meta-data/",
          "https://2852039166/",
          "https://0xa9fea9fe/",
          "https://169.254.43518/",
        ],
        ...["https://0251.0376.0251.0376/", "https://[::ffff:169.254.169.254]/", "https://[64:ff9b::a9fe:a9fe]/"],
      ],
      "is the metadata service of AWS": ["https://[fd00:ec2::254]/", "https://[fd00:0ec2:0:0:0:0:0:254]/"],
      "is the metadata service of Alibaba Cloud": ["https://100.100.100.200/"],
      "is the address of platform services of Azure": ["https://168.63.129.16/"],
      "shared address space": ["https://100.64.0.1/"],
      "link-local": ["https://169.254.1.1/", "https://[fe80::1]/"],
      "IETF protocol": ["https://192.0.0.1/", "https://[2001:1::1]/"],
      documentation: [
        ...[
          "https://192.0.2.1",
          "https://198.51.100.1",
          "https://203.0.113.1",
          "https://[2001:db8::1]",
          "https://[3fff::1]",
        ],
      ],
      benchmarking: ["https://198.18.0.1/"],
      multicast: ["https://224.0.0.1/", "https://239.255.255.255/", "https://[ff02::1]/"],
      "reserved, RFC 1112": ["https://240.0.0.1/"],
      broadcast: ["https://255.255.255.255/", "https://4294967295/", "https://0xffffffff/"],
      "the unspecified address": ["https://[::]/", "https://[0:0:0:0:0:0:0:0]/"],
      "the loopback address": ["https://[::1]/", "https://[0000::0001]/"],
      "IPv4-compatible": ["https://[::127.0.0.1]/", "https://[::7f00:1]/", "https://[::8.8.8.8]/"],
      "IPv4-translated": ["https://[::ffff:0:127.0.0.1]/"],
      "local IPv4/IPv6 translation": ["https://[64:ff9b:1::7f00:1]/"],
      "6to4": ["https://[2002:7f00:1::]/", "https://[2002:808:808::1]/"],
      Teredo: ["https://[2001::1]/", "https://[2001:0:808:808::1]/"],
      "unique local": ["https://[fc00::1]/", "https://[fd12:3456::1]/"],
      "site-local": ["https://[fec0::1]/"],
      "outside of 2000::/3": ["https://[4000::1]/", "https://[::1:0:0:0]/"],
      "localhost is a name of this machine": [
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost.",
        "https://ｌｏｃａｌｈｏｓｔ/",
      ],
      "ends in .localhost": ["https://a.localhost/", "https://a.b.localhost./"],
      "ends in .local (": ["https://printer.local/"],
      "ends in .cluster.local (the cluster): the operator can allow it": ["https://redis.cache.svc.cluster.local/"],
      "ends in .internal (": ["https://db.internal/", "https://ip-10-0-0-1.ec2.internal/"],
      "ends in .svc (the cluster)": ["https://kubernetes.default.svc/", "https://redis.cache.svc./"],
      "ends in .pod (the cluster)": ["https://10-0-0-1.default.pod/"],
      "ends in .localdomain": ["https://localhost.localdomain/"],
      "ends in .arpa": ["https://1.0.0.127.in-addr.arpa/"],
      "ends in .home.arpa": ["https://router.home.arpa/"],
      "ends in .lan": ["https://nas.lan/"],
      "ends in .corp": ["https://git.corp/"],
      "single word": ["https://redis/", "https://kubernetes/", "https://example/", "https://com."],
    }),
  )("is refused in production: %s (%s)", (text, reason) => {
    expect(readUrl(text, production)).toEqual({ reason: expect.stringContaining(reason) });
  });

  it.each([
    ...[
      "https://metadata.google.internal/computeMetadata/v1/",
      "https://METADATA.google.internal./",
      "http://metadata/",
    ],
    ...["https://metadata.goog/", "https://x.metadata.google.internal/", "https://instance-data.ec2.internal/"],
    ...["https://metadata.azure.internal/", "https://instance-data/", "https://metadata.tencentyun.com/"],
  ])("leads to no metadata service, in either mode: %s", (text) => {
    for (const policy of [production, development]) {
      expect(readUrl(text, policy)).toEqual({ reason: expect.stringContaining("is a metadata service") });
    }
  });

  it.each([
    ["empty part", "https://a..example.com/"],
    ["64 characters in its name: DNS has at most 63", `https://${"a".repeat(64)}.example.com/`],
    ["DNS has at most 253", `https://${"a.".repeat(126)}com/`],
    ["not letters, digits", "https://exa!mple.com/"],
    ["not letters, digits", "https://*.example.com/"],
    ["not letters, digits", "https://-a.example.com/"],
    ["not letters, digits", "https://a'b.example.com/"],
    ["not letters, digits", "https://a,b.example.com/"],
  ])("has a name that a host can have (%s)", (reason, text) => {
    for (const policy of [production, development]) {
      expect(readUrl(text, policy)).toEqual({ reason: expect.stringContaining(reason) });
    }
  });

  it("needs https in production, in whatever form http is written", () => {
    for (const text of ["http://example.com", "HTTP://example.com/", "http://8.8.8.8/", "http://[2606:4700::1111]/"]) {
      expect(readUrl(text, production)).toEqual({ reason: expect.stringContaining("use https://") });
    }
  });

  it("may lead to this machine and to private networks in development, and nowhere else that is special", () => {
    const allowed = ["http://localhost:3001", "http://127.0.0.1:65535/", "https://[::1]/", "http://a.localhost/"];
    const networks = ["http://10.0.0.1/", "http://192.168.1.1", "http://receiver:3001/", "http://db.internal/"];
    const plain = ["http://example.com/", "http://8.8.8.8/", "http://[fd00::1]/"];
    for (const url of [...allowed, ...networks, ...plain]) expect(readUrl(url, development)).toEqual({ url });
    const never = [
      "http://169.254.169.254/",
      "http://[fe80::1]/",
      "http://0.0.0.0/",
      "http://[::]/",
      "http://224.0.0.1/",
    ];
    for (const url of [...never, "http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://100.100.100.200/"]) {
      expect(readUrl(url, development)).toEqual({ reason: expect.stringContaining("is refused") });
    }
  });

  it("has at most 2048 characters, as written and as kept", () => {
    const tooLong = { reason: expect.stringContaining("at most 2048") };
    expect(readUrl(`https://example.com/${"a".repeat(2028)}`, production)).toHaveProperty("url");
    expect(readUrl(`https://example.com/${"a".repeat(2029)}`, production)).toEqual(tooLong);
    expect(readUrl(`https://example.com/${"ä".repeat(700)}`, production)).toEqual(tooLong);
  });
});

import { isIP, isIPv4 } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { formatAddress, parseAddress } from "./address.ts";

const shown = (text: string) => {
  const address = parseAddress(text);
  return address && formatAddress(address);
};

describe("an address", () => {
  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["10.1.2.3", "10.1.2.3"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0:0:1::2", "2001:0:0:1::2"],
    ["2001:0:0:1:0:0:0:2", "2001:0:0:1::2"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["::127.0.0.1", "::7f00:1"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::ffff:7f00:1", "127.0.0.1"],
    ["0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1"],
    ["::ffff:0:10.0.0.1", "::ffff:0:a00:1"],
  ])("%s is shown as %s", (text, form) => {
    expect(shown(text)).toBe(form);
    expect(shown(form)).toBe(form);
  });

  it.each([
    ...["", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3"],
    ...[
      "256.1.1.1",
      "01.2.3.4",
      "1.2.3.00",
      "0x7f.0.0.1",
      "0177.0.0.1",
      "2130706433",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.+4",
    ],
    ...["1.2.3.4/32", "1.2.3.4:80", "１.2.3.4", "1。2。3。4", "1e1.2.3.4", "-1.2.3.4", "1.2.3.4\n"],
    ...[":", ":::", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8"],
    ...[":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", "12345::", "g::", "[::1]", "::1%eth0", "fe80::1%25lo", "::1/128"],
    ...["1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "::01.2.3.4", "::256.1.1.1", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4.5"],
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("is what the platform's own parser takes, zones aside", () => {
    const pieces = ["0", "1", "ff", "ffff", "10000", "::", ":", ".", "1.2.3.4", "255", "256", "a", "g", "00", "0001"];
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: 1 + (i % 12) }, () => pieces[Math.floor(Math.random() * pieces.length)]).join(
        "",
      );
      const address = parseAddress(text);
      expect([text, address !== undefined]).toEqual([text, isIP(text) !== 0]);
      if (address) taken++;
      if (address?.words.length === 1) expect(isIPv4(formatAddress(address))).toBe(true);
    }
    expect(taken).toBeGreaterThan(100);
  });
});

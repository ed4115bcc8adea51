import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";

export interface NameServer {
  /** `127.0.0.1:<port>` */
  address: string;
  /** `A example.test`, in the order they were asked. */
  questions: string[];
  close(): void;
}

/**
 * What a name has: addresses, or another name that it is an alias of, or nothing at all: no answer comes. A function
 * says it anew for every question, `asked` counting from 1 for each kind, and its answers must not be kept.
 */
type Entry = string[] | { alias: string } | null | ((asked: number) => string[]);

const kinds: Record<number, string> = { 1: "A", 5: "CNAME", 28: "AAAA" };
const [a, cname, aaaa] = [1, 5, 28];

/** A DNS server over UDP (RFC 1035). A name that `zone` has not does not exist. IPv6 addresses in full form. */
export async function startNameServer(zone: Record<string, Entry>): Promise<NameServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", (query, peer) => {
    const { name, kind, end } = readQuestion(query);
    const question = `${kinds[kind] ?? kind} ${name}`;
    questions.push(question);
    const asked = questions.filter((earlier) => earlier === question).length;
    const answer = answerTo(zone, name, kind, asked);
    if (!answer) return;
    const { known, records } = answer;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...records]), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, questions, close: () => socket.close() };
}

/** The records of an answer, aliases followed as a name server that resolves does it. Undefined: it stays silent. */
function answerTo(
  zone: Record<string, Entry>,
  name: string,
  kind: number,
  asked: number,
): { known: boolean; records: Buffer[] } | undefined {
  const entry = zone[name];
  if (entry === null) return undefined;
  if (entry === undefined) return { known: false, records: [] };
  if (!Array.isArray(entry) && typeof entry === "object") {
    const target = answerTo(zone, entry.alias, kind, asked);
    return (
      target && { known: target.known, records: [record(name, cname, 60, nameBytes(entry.alias)), ...target.records] }
    );
  }
  const [addresses, ttl] = typeof entry === "function" ? [entry(asked), 0] : [entry, 60];
  const wanted = addresses.filter((address) => (isIPv4(address) ? a : aaaa) === kind);
  return { known: true, records: wanted.map((address) => record(name, kind, ttl, addressBytes(address))) };
}

function readQuestion(query: Buffer): { name: string; kind: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), kind: query.readUInt16BE(at + 1), end: at + 5 };
}

function record(name: string, kind: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(kind, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), head, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1"));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const groups = address.split(":").map((group) => group.padStart(4, "0"));
  return Buffer.from(groups.join(""), "hex");
}

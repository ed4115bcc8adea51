import { describe, expect, it } from "@jest/globals";
import { UnreadableEventError, type WatchEvent, watchEvents } from "./watch-events.ts";

async function read(...chunks: (string | Buffer)[]): Promise<WatchEvent<unknown>[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  const events: WatchEvent<unknown>[] = [];
  for await (const event of watchEvents(body)) events.push(event);
  return events;
}

describe("the events of a watch", () => {
  const line = (name: string) => `${JSON.stringify({ type: "ADDED", object: { name } })}\n`;
  const names = (events: WatchEvent<unknown>[]) => events.map(({ object }) => (object as { name: string }).name);

  it("are whole wherever the pieces are cut, within a character too", async () => {
    const bytes = Buffer.from(line("größe") + line("b"));
    for (let at = 1; at < bytes.length - 1; at++) {
      const events = await read(bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at + 1));
      expect(names(events)).toEqual(["größe", "b"]);
    }
  });

  it("leave out an event that was cut off", async () => {
    expect(names(await read(line("a"), '{"type":"ADDED","obj'))).toEqual(["a"]);
  });

  it("are refused when they are none", async () => {
    for (const bad of [
      "<html>\n",
      "{}\n",
      '"ADDED"\n',
      "null\n",
      '{"type":"ADDED","object":null}\n',
      '{"type":"NEW","object":{}}\n',
    ])
      await expect(read(line("a"), bad)).rejects.toThrow(/^not /);
    await expect(read("<html>\n")).rejects.toThrow(UnreadableEventError);
  });
});

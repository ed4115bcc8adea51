/** A line of a watch. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** What came over a watch is no event. */
export class UnreadableEventError extends Error {
  override readonly name = "UnreadableEventError";
}

const types = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/** The events of a watch as they come. @throws UnreadableEventError; what reading the body throws. */
export async function* watchEvents<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<T>> {
  const decoder = new TextDecoder();
  // A line may come in many pieces: joined once, however many.
  let pieces: string[] = [];
  for await (const chunk of body) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      pieces.push(line);
      const text = pieces.join("");
      pieces = [];
      if (text.trim() !== "") yield parse<T>(text);
    }
    if (rest !== "") pieces.push(rest);
  }
  // Cut off within an event: that one comes again when the watch is opened again.
}

function parse<T>(line: string): WatchEvent<T> {
  let event: WatchEvent<T> | null;
  try {
    event = JSON.parse(line) as WatchEvent<T> | null;
  } catch (cause) {
    throw new UnreadableEventError(`not JSON: ${line.slice(0, 100)}`, { cause });
  }
  if (!event || !types.has(event.type) || typeof event.object !== "object" || event.object === null)
    throw new UnreadableEventError(`not a watch event: ${line.slice(0, 100)}`);
  return event;
}

import { formatId, type Uuid, uuidTime } from "../domain/ids.ts";

interface EnvelopeHead {
  id: Uuid;
  type: string;
  workspaceId: Uuid;
  projectId: Uuid | null;
}

/** Everything before the data. Built from the event alone, so that the data can be found again by its length. */
function head(event: EnvelopeHead): string {
  const project = event.projectId === null ? "" : `"projectId":"${formatId("project", event.projectId)}",`;
  return (
    `{"id":"${formatId("event", event.id)}","type":"${event.type}",` +
    `"timestamp":"${new Date(uuidTime(event.id)).toISOString()}",` +
    `"workspaceId":"${formatId("workspace", event.workspaceId)}",${project}"data":`
  );
}

/**
 * The delivered body: `{"id","type","timestamp","workspaceId","projectId"?,"data":…}`. The data's bytes are the
 * caller's own; the event type's pattern has nothing that JSON would escape.
 */
export function buildEnvelope(event: EnvelopeHead, data: Uint8Array): Buffer {
  const before = head(event);
  const body = Buffer.allocUnsafe(before.length + data.length + 1);
  body.write(before, 0, "latin1");
  body.set(data, before.length);
  body[body.length - 1] = 0x7d;
  return body;
}

/** The data inside a body that `buildEnvelope` made. */
export function envelopeData(event: EnvelopeHead, body: Buffer): Buffer {
  return body.subarray(head(event).length, -1);
}

/** What a sealed secret is made of. */
export interface Envelope {
  /** `<provider>:<its key id>` */
  keyId: string;
  /** The data key, wrapped under that key. */
  wrapped: Buffer;
  /** The secret, sealed with the data key. Re-wrapping leaves it as it is. */
  payload: Buffer;
}

/** The first byte: format 1 has no wrapped key (keyring-blob.ts). */
export const envelopeFormat = 2;
const maxKeyId = 255;

/** format (1 byte) | length (1), key id | length (2), wrapped data key | payload */
export function packEnvelope({ keyId, wrapped, payload }: Envelope): Buffer {
  const id = Buffer.from(keyId);
  if (id.length > maxKeyId) throw new RangeError(`key id ${keyId} is longer than ${maxKeyId} bytes`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  return Buffer.concat([Buffer.of(envelopeFormat, id.length), id, length, wrapped, payload]);
}

/** Undefined when the bytes are no whole envelope. */
export function unpackEnvelope(blob: Buffer): Envelope | undefined {
  if (blob.length < 2 || blob[0] !== envelopeFormat) return undefined;
  const idEnd = 2 + (blob[1] ?? 0);
  if (blob.length < idEnd + 2) return undefined;
  const wrappedEnd = idEnd + 2 + blob.readUInt16BE(idEnd);
  if (blob.length < wrappedEnd) return undefined;
  return {
    keyId: blob.toString("utf8", 2, idEnd),
    wrapped: blob.subarray(idEnd + 2, wrappedEnd),
    payload: blob.subarray(wrappedEnd),
  };
}

import type { Uuid } from "../domain/ids.ts";

/** Where a secret is kept. It is bound to the sealed bytes: moved elsewhere, or put back after a newer one, they do not open. */
export interface SecretPlace {
  table: string;
  rowId: Uuid;
  /** Which secret of the row: 1 for its first one. */
  version: number;
}

/** Seals secrets for the record. Asynchronous, because a key service may be behind it. */
export interface SecretBox {
  seal(plain: Buffer, place: SecretPlace): Promise<Buffer>;
  /** @throws UnopenedSecret when the key is not at hand, or the bytes are not what was sealed for this place. */
  open(blob: Buffer, place: SecretPlace): Promise<Buffer>;
}

/** A stored secret that cannot be opened; says which one and what to do, and nothing of its content. */
export class UnopenedSecret extends Error {
  override readonly name = "UnopenedSecret";

  constructor(place: SecretPlace, reason: string) {
    super(`secret ${place.version} of ${place.table} ${place.rowId} cannot be opened: ${reason}`);
  }
}

import type { Uuid } from "../domain/ids.ts";

/** Where a secret is kept. It is bound to the sealed bytes: moved elsewhere, or put back after a newer one, they do not open. */
export interface SecretPlace {
  table: string;
  /** The workspace or company whose it is. */
  tenantId: Uuid;
  rowId: Uuid;
  /** Which secret of the row: 1 for its first one. */
  version: number;
  /** What it is for, so that one kind of secret is never taken for another. */
  purpose: string;
}

/** Seals secrets for the record. Asynchronous, because a key service may be behind it. */
export interface SecretBox {
  /** @throws DomainError UNAVAILABLE, reason KEY_SERVICE_UNAVAILABLE, when there is no key to seal with now. */
  seal(plain: Buffer, place: SecretPlace): Promise<Buffer>;
  /**
   * @throws UnopenedSecret when the key is not at hand, or the bytes are not what was sealed for this place.
   * @throws DomainError UNAVAILABLE, reason KEY_SERVICE_UNAVAILABLE, when the key service does not answer: try later.
   */
  open(blob: Buffer, place: SecretPlace): Promise<Buffer>;
}

/** A stored secret that cannot be opened; says which one and what to do, and nothing of its content. */
export class UnopenedSecret extends Error {
  override readonly name = "UnopenedSecret";

  constructor({ version, purpose, table, rowId }: SecretPlace, reason: string) {
    super(`${purpose} secret ${version} of ${table} ${rowId} cannot be opened: ${reason}`);
  }
}

/** Why bytes that authenticate nowhere near their place do not open. */
export const changedOrMoved = "it was changed, or belongs to another row or version: restore it from a backup";

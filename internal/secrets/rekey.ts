import { UnopenedSecret } from "./box.ts";

/** A stored secret that another key may have sealed. */
export interface SealedItem {
  /** The key that sealed it, as the box names keys. */
  keyId: string;
  /** @throws UnopenedSecret when it cannot be opened; what the key service throws otherwise. */
  rewrapped(): Promise<Buffer>;
  /** False: it was changed or removed meanwhile, and stays as it is now. */
  replace(sealed: Buffer): Promise<boolean>;
}

export interface RekeyReport {
  rewrapped: number;
  /** Those that are still under another key, by that key. */
  left: Map<string, number>;
  /** Which cannot be opened, and why; shown to a person. */
  unopened: string[];
}

export interface RekeyOptions {
  /** All stored secrets, in pages; asked once for each pass. */
  pages: () => AsyncIterable<SealedItem[]>;
  currentKeyId: string;
  onProgress: (progress: { pass: number; seen: number; rewrapped: number }) => void;
}

/** Calls of a key service under way at once. */
const parallel = 8;
/** What was changed while a pass went on is looked at again in the next one. */
const maxPasses = 3;

/**
 * Wraps every stored secret with the current key. What has it already is passed over, so that a run that broke off is
 * simply made again; nothing is locked while a key service is asked, and what changed meanwhile is left as it is.
 * @throws what a key service throws when it is away: what was re-wrapped until then stays so.
 */
export async function rekey({ pages, currentKeyId, onProgress }: RekeyOptions): Promise<RekeyReport> {
  const report: RekeyReport = { rewrapped: 0, left: new Map(), unopened: [] };
  for (let pass = 1; pass <= maxPasses; pass++) {
    report.left.clear();
    report.unopened.length = 0;
    let seen = 0;
    for await (const page of pages()) {
      const old = page.filter(({ keyId }) => keyId !== currentKeyId);
      await Promise.all(Array.from({ length: parallel }, (_, lane) => rewrapAll(old, lane, report)));
      seen += page.length;
      onProgress({ pass, seen, rewrapped: report.rewrapped });
    }
    if (report.left.size === 0 || report.unopened.length === total(report.left)) break;
  }
  return report;
}

async function rewrapAll(items: SealedItem[], lane: number, report: RekeyReport): Promise<void> {
  for (let i = lane; i < items.length; i += parallel) {
    const item = items[i] as SealedItem;
    const replaced = await item.rewrapped().then(
      (sealed) => item.replace(sealed),
      (error: unknown) => {
        if (!(error instanceof UnopenedSecret)) throw error;
        report.unopened.push(error.message);
        return false;
      },
    );
    if (replaced) report.rewrapped++;
    else report.left.set(item.keyId, (report.left.get(item.keyId) ?? 0) + 1);
  }
}

function total(counts: Map<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

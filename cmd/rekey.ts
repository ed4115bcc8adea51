import { secretSettings } from "../internal/config/parts.ts";
import { readSettings } from "../internal/config/read.ts";
import { openSecrets } from "../internal/keyservice/open.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { rekey } from "../internal/secrets/rekey.ts";
import { openDatabase } from "../internal/store/database.ts";
import { sealedItems } from "../internal/store/endpoints/sealed-items.ts";

/** Of what cannot be opened, this many are named. */
const shown = 20;

/** Wraps every stored secret with the current key, while everything runs. Break it off and run it again at any time. */
await runCommand(async () => {
  const settings = readSettings(["DATABASE_URL", ...secretSettings]);
  const secrets = await openSecrets(settings, {
    onHealth: (provider, up, why) => up || console.error(`${provider}: ${why}`),
    onError: (message, error) => console.error(`${message}: ${String(error)}`),
  });
  const database = openDatabase(settings.DATABASE_URL, { poolSize: 8, applicationName: "sealpost rekey" });
  try {
    const currentKeyId = await secrets.box.currentKeyId();
    console.log(`the current key is ${currentKeyId}`);
    const { rewrapped, left, unopened } = await rekey({
      pages: () => sealedItems(database, secrets.box),
      currentKeyId,
      onProgress: ({ pass, seen, rewrapped: done }) => console.log(`pass ${pass}: ${seen} seen, ${done} re-wrapped`),
    });
    console.log(`${rewrapped} re-wrapped`);
    for (const [keyId, count] of left) console.log(`${count} left under ${keyId}`);
    for (const reason of unopened.slice(0, shown)) console.error(reason);
    if (unopened.length > 0) {
      throw new Error(`${unopened.length} cannot be opened: add the keys that sealed them, or rotate these secrets`);
    }
    if (left.size > 0) throw new Error("some were changed again and again: run it once more");
    console.log("nothing is left under another key: older keys may be removed");
  } finally {
    await database.close();
    secrets.close();
  }
});

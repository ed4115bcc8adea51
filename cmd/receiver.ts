import { parseArgs } from "node:util";
import { readSettings, SettingsError } from "../internal/config/read.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { KnownSecrets } from "../internal/receiver/known-secrets.ts";
import { describeRequest, type ReceivedRequest } from "../internal/receiver/received-request.ts";
import { startReceiver } from "../internal/receiver/receiver.ts";
import { sicknessOf, sickPaths } from "../internal/receiver/sickness.ts";

const usage = `usage: npm run receiver -- [--sick <path>] [--strict] [--json]
  --sick <path>  play this on every request: ${sickPaths}
  --strict       answer 401 to what is not verified
  --json         print each request as a line of JSON`;

/** Receives webhooks, says of each whether its signature is valid, and plays sick on demand. */
await runCommand(async () => {
  const options = readArguments();
  const names = [
    "SEALPOST_MODE",
    "LISTEN_ADDRESS",
    "RECEIVER_PORT",
    "RECEIVER_SECRETS",
    "RECEIVER_SECRETS_FILE",
  ] as const;
  const settings = readSettings(names);
  const address = settings.LISTEN_ADDRESS || (settings.SEALPOST_MODE === "production" ? "0.0.0.0" : "127.0.0.1");
  const receiver = await startReceiver({
    ...options,
    port: settings.RECEIVER_PORT,
    address,
    secrets: knownSecrets(settings.RECEIVER_SECRETS, settings.RECEIVER_SECRETS_FILE),
    onRequest: options.json ? printJson : (request, plays) => console.log(describeRequest(request, plays)),
  }).catch((error: Error & { code?: string }) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`port ${settings.RECEIVER_PORT} is taken: set RECEIVER_PORT to another one, or 0 for any free one`);
  });
  if (!options.json) {
    const url = `http://localhost:${receiver.port}`;
    console.log(`listening on ${url}; GET ${url}/requests shows the latest as JSON\nplays sick on ${sickPaths}`);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      receiver.close();
      process.exit(0);
    });
  }
});

function readArguments(): { sick: string; strict: boolean; json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        sick: { type: "string", default: "" },
        strict: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    if (values.sick && !sicknessOf(values.sick)) throw new Error(`there is no sickness ${values.sick}`);
    return values;
  } catch (error) {
    throw new SettingsError(`${(error as Error).message}\n${usage}`);
  }
}

function knownSecrets(list: string, file: string): KnownSecrets {
  try {
    return new KnownSecrets({ list, file, complain: (text) => console.error(text) });
  } catch (error) {
    throw new SettingsError(`RECEIVER_SECRETS: ${(error as Error).message}`);
  }
}

/** For programs: npm run dev reads these. */
function printJson(request: ReceivedRequest, plays: string): void {
  const { id, verified, matchedSecret, method, path, headers, body } = request;
  const text = describeRequest(request, plays);
  console.log(
    JSON.stringify({ webhookId: id, verified, secret: matchedSecret ?? "", method, path, headers, body, text }),
  );
}

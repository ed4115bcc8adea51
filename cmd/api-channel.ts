import { readFileSync } from "node:fs";
import { Channel } from "../internal/apiclient/channel.ts";
import type { Settings } from "../internal/config/read.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { type ClientCertificate, readClientCertificate, sameClient } from "../internal/tls/client-certificate.ts";
import { WatchedFiles } from "../internal/tls/watched-files.ts";

type ChannelSettings = Settings<
  | "CONTROLLER_API_URL"
  | "CONTROLLER_API_KEY"
  | "CONTROLLER_API_KEY_FILE"
  | "CONTROLLER_API_CA_FILE"
  | "CONTROLLER_API_CLIENT_CERT_FILE"
  | "CONTROLLER_API_CLIENT_KEY_FILE"
>;

/** A connection to the API as the settings say, which follows its certificates and its key; it ends with the process. */
export function openChannel(settings: ChannelSettings, lifecycle: Lifecycle, logger: Logger): Channel {
  const files = new WatchedFiles<ClientCertificate>({
    read: () => readClientCertificate("CONTROLLER", settings),
    same: sameClient,
    onChange(tls) {
      channel.renew(tls);
      logger.info("the certificates for the API have changed, and new connections use them");
    },
    onBroken: (problems) =>
      logger.error({ problems }, "the certificates for the API cannot be used; those before stay"),
  });
  const key = new WatchedFiles<string>({
    read: () => readKey(settings),
    same: (one, other) => one === other,
    onChange(changed) {
      channel.useKey(changed);
      logger.info("the key for the API has changed, and calls use it");
    },
    onBroken: (problems) => logger.error({ problems }, "the key for the API cannot be used; the one before stays"),
  });
  const channel = new Channel({ url: settings.CONTROLLER_API_URL, key: key.value, tls: files.value });
  lifecycle.onStop("the API", () => {
    key.stop();
    files.stop();
    channel.close();
  });
  return channel;
}

type ReadKey = { value: string; problems?: undefined } | { value?: undefined; problems: string[] };

/** The key in the file, while there is one; else the setting's. */
function readKey({ CONTROLLER_API_KEY: given, CONTROLLER_API_KEY_FILE: file }: ChannelSettings): ReadKey {
  const value = (file === "" ? "" : contentOf(file)) || given;
  return value === "" ? { problems: [`CONTROLLER_API_KEY_FILE ${file} holds no key`] } : { value };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

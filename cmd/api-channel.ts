import { Channel } from "../internal/apiclient/channel.ts";
import type { Settings } from "../internal/config/read.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { type ClientCertificate, readClientCertificate, sameClient } from "../internal/tls/client-certificate.ts";
import { WatchedFiles } from "../internal/tls/watched-files.ts";

type ChannelSettings = Settings<
  | "CONTROLLER_API_URL"
  | "CONTROLLER_API_KEY"
  | "CONTROLLER_API_CA_FILE"
  | "CONTROLLER_API_CLIENT_CERT_FILE"
  | "CONTROLLER_API_CLIENT_KEY_FILE"
>;

/** A connection to the API as the settings say, which follows its certificates; it ends with the process. */
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
  const { CONTROLLER_API_URL: url, CONTROLLER_API_KEY: key } = settings;
  const channel = new Channel({ url, key, tls: files.value });
  lifecycle.onStop("the API", () => {
    files.stop();
    channel.close();
  });
  return channel;
}

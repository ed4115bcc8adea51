import type { Infrastructure } from "./infrastructure.ts";
import type { Keys } from "./state-folder.ts";

/** One nats-server plays all of them. */
export const devRegions = ["us", "eu"] as const;

/** The settings that every part of the development stack needs, whatever the environment or .env says. */
export function stackEnvironment(
  { databaseUrl, natsUrl }: Pick<Infrastructure, "databaseUrl" | "natsUrl">,
  keys: Keys,
  production = false,
): Record<string, string> {
  const mode = production ? "production" : "development";
  return {
    NODE_ENV: mode,
    SEALPOST_MODE: mode,
    // Which says production in a pod; a developer's machine may be one.
    KUBERNETES_SERVICE_HOST: "",
    // A desk-top has no certificate, and nobody but this machine is to call.
    ...(production && { LISTEN_ADDRESS: "127.0.0.1", ALLOW_PLAINTEXT_API: "true" }),
    DATABASE_URL: databaseUrl,
    SEALPOST_REGIONS: devRegions.map((region) => `${region}=${natsUrl}`).join(","),
    DELIVERY_REGIONS: "",
    NATS_REPLICAS: "1",
    POD_NAME: "",
    WEBHOOK_SECRET_ENCRYPTION_KEY: keys.encryptionKey,
    SEALPOST_KEY_PEPPER: keys.keyPepper,
    SEALPOST_ADMIN_KEY: keys.adminKey,
  };
}

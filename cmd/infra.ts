import path from "node:path";
import { readSettings } from "../internal/config/read.ts";
import { writeEnvFile } from "../internal/devstack/env-file.ts";
import { stackEnvironment } from "../internal/devstack/environment.ts";
import { startInfrastructure } from "../internal/devstack/infrastructure.ts";
import { findNatsServer } from "../internal/devstack/nats-finder.ts";
import { claimPorts } from "../internal/devstack/ports.ts";
import { StateFolder } from "../internal/devstack/state-folder.ts";
import { createTerminal, plainLog } from "../internal/devstack/terminal.ts";
import { runPart } from "../internal/lifecycle/run.ts";
import { createLogger } from "../internal/telemetry/logger.ts";

/** Postgres and NATS alone, for parts that are started by hand. */
await runPart(
  () => createLogger("infra", "info", plainLog),
  async (lifecycle) => {
    const settings = readSettings(["SEALPOST_DEV_DIR", "POSTGRES_PORT", "NATS_PORT"]);
    const { say, from, title } = createTerminal();
    // Beside the data of npm run dev: its keys and its seeded company are its own.
    const state = new StateFolder(path.join(settings.SEALPOST_DEV_DIR, "infra"));
    lifecycle.onStop("the state folder", () => state.release());
    const { program, version } = await findNatsServer(undefined, say);
    const [postgresPort = 0, natsPort = 0] = await claimPorts([
      { port: settings.POSTGRES_PORT, variable: "POSTGRES_PORT", what: "Postgres" },
      { port: settings.NATS_PORT, variable: "NATS_PORT", what: "NATS" },
    ]);
    const infrastructure = await startInfrastructure({
      postgres: { folder: state.postgres, port: postgresPort },
      nats: { program, storeDir: state.file("nats"), port: natsPort },
      onStartedAgain: () => {},
      say: (text) => from("infra", text),
    });
    lifecycle.onStop("postgres", (withinMs) => infrastructure.postgres.stop(withinMs));
    lifecycle.onStop("nats", (withinMs) => infrastructure.nats.stop(withinMs));

    const {
      NODE_ENV: _node,
      KUBERNETES_SERVICE_HOST: _cluster,
      DELIVERY_REGIONS: _regions,
      POD_NAME: _pod,
      ...env
    } = stackEnvironment(infrastructure, state.keys());
    title(`Postgres runs on port ${postgresPort}, NATS ${version} on port ${natsPort}`);
    if (writeEnvFile(env))
      say("  .env was written with their addresses and the keys in the state folder: every part reads it.");
    else {
      say("  .env stays as it is; the parts need these settings, there or in the environment:\n");
      for (const [name, value] of Object.entries(env)) say(`  ${name}=${value}`);
    }
    say(
      "\n  Next, each in a terminal of its own: npm run migrate && npm run seed; npm run receiver; npm run worker; npm run api",
    );
    say("  Ctrl-C here ends both.");
  },
);

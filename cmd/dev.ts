import { parseArgs } from "node:util";
import { readSettings } from "../internal/config/read.ts";
import { ApiError } from "../internal/devstack/api-client.ts";
import { demonstrate } from "../internal/devstack/demo.ts";
import { claimDevPorts, claimKubePorts, kubePortSettings, portSettings } from "../internal/devstack/dev-ports.ts";
import { findKubePrograms } from "../internal/devstack/kube-finder.ts";
import { findNatsServer } from "../internal/devstack/nats-finder.ts";
import { describeCommands, describeDemo, describeRefusal } from "../internal/devstack/print-demo.ts";
import { describeKube } from "../internal/devstack/print-kube.ts";
import { demonstrateRefusals, describeRefusals } from "../internal/devstack/production-demo.ts";
import { type Stack, startStack } from "../internal/devstack/stack.ts";
import { untilEarlierRunEnded } from "../internal/devstack/stack-file.ts";
import { StateFolder } from "../internal/devstack/state-folder.ts";
import { createTerminal, plainLog, type Terminal } from "../internal/devstack/terminal.ts";
import { exitCodes, runPart } from "../internal/lifecycle/run.ts";
import { createLogger } from "../internal/telemetry/logger.ts";

/** What an earlier run that was killed may take to end what it started; then its ports are free. */
const earlierRunMs = 15_000;

const { values: flags } = parseArgs({
  options: {
    fresh: { type: "boolean" },
    once: { type: "boolean" },
    production: { type: "boolean", default: false },
    kube: { type: "boolean" },
  },
});

/** Everything in one command: Postgres, NATS, api, delivery, receiver, and a webhook that goes through them. */
await runPart(
  () => createLogger("dev", "info", plainLog),
  async (lifecycle) => {
    const settings = readSettings(["SEALPOST_DEV_DIR", "SEED_PLAN_TIER", ...portSettings, ...kubePortSettings]);
    const terminal = createTerminal();
    const { production } = flags;
    terminal.title(`Sealpost, everything on this machine${production ? ", under the rules of production" : ""}`);
    const state = new StateFolder(settings.SEALPOST_DEV_DIR);
    lifecycle.onStop("the state folder", () => state.release());
    await untilEarlierRunEnded(state, earlierRunMs);
    if (flags.fresh) state.clear();
    const nats = await findNatsServer(undefined, terminal.say);
    const programs = flags.kube ? await findKubePrograms(terminal.say) : undefined;
    const ports = await claimDevPorts(settings);
    const kube = programs && { programs, ports: await claimKubePorts(settings) };
    const planTier = settings.SEED_PLAN_TIER;
    const stack = await startStack({ state, ports, nats, kube, planTier, production, terminal, lifecycle });

    const { tenant, receiver } = stack;
    try {
      if (production) await showRefusals(stack, terminal);
      else await showDelivery(state, stack, terminal);
      if (flags.once) return exitCodes.ok;
    } catch (error) {
      const refused = error instanceof ApiError && error.reason === "PLAN_REQUIRED";
      if (!refused) throw error;
      terminal.title("No delivery on this plan");
      terminal.say(describeRefusal(error, tenant));
      if (flags.once) return exitCodes.failed;
    }
    if (stack.kube) {
      terminal.title("Try it with kubectl");
      terminal.say(describeKube(stack.kube, stack.receiverUrl, receiver.spareSecret()));
    }
    receiver.showRequests();
    terminal.title(`Ids and keys: ${state.file("stack.json")}   Logs: ${state.file("logs")}   Ctrl-C ends everything.`);
    return undefined;
  },
);

async function showDelivery(state: StateFolder, stack: Stack, terminal: Terminal): Promise<void> {
  const { tenant, receiver, http, grpc, receiverUrl } = stack;
  const demo = await demonstrate({ state, tenant, http, receiverUrl, receiver });
  const seconds = (performance.now() / 1000).toFixed(1);
  terminal.title(`An event went in, a signed webhook came out, ${seconds} s after the start`);
  terminal.say(describeDemo(demo));
  if (flags.once) return;
  terminal.title("Try it");
  terminal.say(describeCommands(demo, tenant, { http, grpc, receiver: receiverUrl }, receiver.spareSecret()));
}

async function showRefusals(stack: Stack, terminal: Terminal): Promise<void> {
  const refusals = await demonstrateRefusals(stack);
  terminal.title("What production refuses");
  terminal.say(describeRefusals(refusals));
}

/** What one image runs; each is a program of this folder as well. */
const commands: Record<string, { does: string; run: () => Promise<unknown> }> = {
  api: { does: "takes events in, manages endpoints, answers what happened", run: () => import("./api.ts") },
  delivery: { does: "makes the deliveries of its regions", run: () => import("./delivery.ts") },
  controller: { does: "keeps endpoints as Kubernetes resources say", run: () => import("./controller.ts") },
  migrate: { does: "brings the database up to this version", run: () => import("./migrate.ts") },
  bootstrap: { does: "makes the first company and keys, into Secrets", run: () => import("./bootstrap.ts") },
  verify: { does: "publishes an event and waits for its delivery", run: () => import("./verify.ts") },
  seed: { does: "makes a company to try things with", run: () => import("./seed.ts") },
  rekey: { does: "wraps every stored secret with the current key", run: () => import("./rekey.ts") },
  retention: { does: "makes the coming partitions and drops old ones, once", run: () => import("./retention.ts") },
  receiver: { does: "receives webhooks and says which are genuine", run: () => import("./receiver.ts") },
};

// The program that is imported finds its own arguments where it always does.
const [name = ""] = process.argv.splice(2, 1);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  await command.run();
} else {
  const list = Object.entries(commands).map(([command, { does }]) => `  ${command.padEnd(10)}  ${does}`);
  console.error(
    `${name === "" ? "a command is missing" : `there is no command ${name}`}; commands:\n${list.join("\n")}`,
  );
  process.exitCode = 2;
}

import { parseArgs } from "node:util";
import { runLab } from "./run-lab.ts";
import { holds, table } from "./verdict.ts";

const usage = "npm run lab -- [minutes, default 3] [--seed <number>]";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
const minutes = Number(positionals[0] ?? 3);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error(usage);
  process.exit(2);
}
console.log(
  `The lab: ${minutes} minutes of load while api, delivery, nats-server and Postgres are killed, and secrets and keys rotate; seed ${seed}.`,
);
const verdict = await runLab({ seconds: minutes * 60, seed, say: (what) => console.log(`  ${what}`) });
console.log(`\n${table(verdict)}\n`);
for (const lost of verdict.lost.slice(0, 10)) console.log(`lost: ${lost}`);
for (const request of verdict.unrecorded.slice(0, 10)) console.log("unrecorded:", request);
for (const request of verdict.unverified.slice(0, 10)) console.log("unverified:", request);
console.log(
  holds(verdict) ? "Nothing was lost, and every request is recorded and verified." : "The promises did not hold.",
);
process.exit(holds(verdict) ? 0 : 1);

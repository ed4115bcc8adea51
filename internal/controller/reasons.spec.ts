import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "@jest/globals";

const folder = import.meta.dirname;

it("says of every reason for what is not well, in docs/kubernetes.md, what to do", () => {
  const docs = readFileSync(path.join(folder, "../../docs/kubernetes.md"), "utf8");
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".spec.ts"));
  const text = sources.map((name) => readFileSync(path.join(folder, name), "utf8")).join("\n");
  const reasons = [...text.matchAll(/\b(?:no|unknown)\(\s*"([A-Z][A-Za-z]+)"/g)].map(([, reason = ""]) => reason);
  expect(reasons.length).toBeGreaterThan(10);
  // Nothing has been sent yet: nothing is wrong.
  const explained = new Set(["NoDeliveries"]);
  expect(reasons.filter((reason) => !docs.includes(`\`${reason}\``) && !explained.has(reason))).toEqual([]);
});

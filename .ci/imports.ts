import { Visitor } from "@swc/core/Visitor.js";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { importRules } from "./import-rules.ts";

// The visitor that dependency-cruiser walks with does not know `using`: it is shown as the `const` that it is alike.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function (statement) {
  const { type, decls } = statement as { type: string; decls?: unknown };
  const shown = { ...statement, type: "VariableDeclaration", kind: "const", declarations: decls };
  return visitStatement.call(this, (type === "UsingDeclaration" ? shown : statement) as typeof statement);
};

// Checks the import direction. A parser that understands nothing finds no violations either, so what was seen
// is checked too: modules, and the dependencies between them.
const { output } = await cruise(["cmd", "internal", "test"], {
  ruleSet: { forbidden: importRules },
  validate: true,
  doNotFollow: { path: "node_modules" },
  // TypeScript 7 has no compiler API for dependency-cruiser to use.
  parser: "swc",
  tsPreCompilationDeps: true,
  enhancedResolveOptions: {
    exportsFields: ["exports"],
    conditionNames: ["import", "require", "node", "default", "types"],
    extensions: [".ts", ".js", ".json"],
  },
});
const { modules, summary } = output as ICruiseResult;

const ours = modules.filter((module) => /^(cmd|internal|test)\/.*\.ts$/.test(module.source));
const dependencies = ours.reduce((sum, module) => sum + module.dependencies.length, 0);
for (const { from, to, rule, cycle } of summary.violations) {
  const path = cycle ? ` (${cycle.map((step) => step.name).join(" -> ")})` : "";
  const comment = importRules.find((known) => known.name === rule.name)?.comment ?? "";
  console.error(`${rule.name}: ${from} -> ${to}${path}\n  ${comment}`);
}
if (ours.length === 0 || dependencies === 0) {
  console.error(`saw ${ours.length} modules and ${dependencies} imports: the parser is broken, nothing was checked`);
  process.exitCode = 1;
} else if (summary.violations.length > 0) {
  console.error(`${summary.violations.length} imports go the wrong way (rules: .ci/import-rules.ts)`);
  process.exitCode = 1;
} else {
  console.log(`${ours.length} modules, ${dependencies} imports, none goes the wrong way`);
}

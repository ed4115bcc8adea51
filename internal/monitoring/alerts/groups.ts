import { levelRules } from "./burn-rates.ts";
import { causes } from "./causes.ts";
import { type Alert, type RuleGroup, ruleOf } from "./rule.ts";

/** Every alert, those of one name side by side. */
export const alerts: Alert[] = [...levelRules.flatMap((rules) => rules.alerts), ...Object.values(causes).flat()];

/** The groups of deploy/alerts/sealpost.yaml. */
export const ruleGroups: RuleGroup[] = [
  ...levelRules.map(({ level, recordings, alerts: burns }) => ({
    name: `sealpost-level-${level}`,
    rules: [...recordings, ...burns.map(ruleOf)],
  })),
  ...Object.entries(causes).map(([topic, group]) => ({ name: `sealpost-${topic}`, rules: group.map(ruleOf) })),
];

import { errorRatio, type ServiceLevel, serviceLevels } from "../service-levels.ts";
import type { Alert, Recording, Severity } from "./rule.ts";

interface Burn {
  /** How many times too fast the error budget of 30 days is used up. */
  rate: number;
  long: string;
  /** Of the long one, a twelfth: with it the alert ends soon after the trouble. */
  short: string;
  for: string;
  severity: Severity;
}

/** The pairs of the Site Reliability Workbook, chapter 5: 2 % of the budget in an hour, 5 % in 6 h, 10 % in 1 d and 3 d. */
const burns: readonly Burn[] = [
  { rate: 14.4, long: "1h", short: "5m", for: "2m", severity: "critical" },
  { rate: 6, long: "6h", short: "30m", for: "15m", severity: "critical" },
  { rate: 3, long: "1d", short: "2h", for: "1h", severity: "warning" },
  { rate: 1, long: "3d", short: "6h", for: "3h", severity: "warning" },
];

const windows = [...new Set(burns.flatMap(({ long, short }) => [long, short]))];
const recorded = (level: ServiceLevel, window: string) => `sealpost:${level.name}_errors:ratio_rate${window}`;

/** The share that went wrong, over each window that an alert looks at. */
function errorRatios(level: ServiceLevel): Recording[] {
  return windows.map((window) => ({ record: recorded(level, window), expr: errorRatio(level, window) }));
}

const names = {
  accept: "SealpostAcceptErrorBudgetBurn",
  start: "SealpostStartErrorBudgetBurn",
  attempt: "SealpostAttemptErrorBudgetBurn",
} as const;

function burnAlerts(level: ServiceLevel): Alert[] {
  return burns.map(({ rate, long, short, severity, ...burn }): Alert => {
    const bound = +(rate * (1 - level.objective)).toFixed(6);
    const region = level.by.includes("region") ? " in region {{ $labels.region }}" : "";
    return {
      name: names[level.name],
      expr: `${recorded(level, long)} > ${bound} and ${recorded(level, short)} > ${bound}`,
      for: burn.for,
      severity,
      summary: `${level.title}${region}: {{ $value | humanizePercentage }} go wrong, the error budget of 30 days burns ${rate} times too fast`,
      labels: { long, short },
    };
  });
}

/** The platform's levels: the only alerts that speak of promises; the others name causes. */
export const levelRules = serviceLevels.map((level) => ({
  level: level.name,
  recordings: errorRatios(level),
  alerts: burnAlerts(level),
}));

import { catalogue as m, runtimeMetrics as r } from "../../telemetry/catalogue.ts";
import { anyOf, not, rate, series } from "../promql.ts";
import type { Alert } from "./rule.ts";

const day = 86_400;
const serverFaults = anyOf("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN");

/** Network trouble between us and a receiver, as opposed to its own answer. */
const unreached = anyOf("DNS", "CONNECT", "TLS", "TIMEOUT");

const deliveries: Alert[] = [
  {
    name: "SealpostQueueAgeHigh",
    expr: `max by (region) (${series(m.streamOldestSeconds, { kind: "deliveries" })}) > 60`,
    for: "5m",
    severity: "warning",
    summary: "The oldest delivery in region {{ $labels.region }} has waited {{ $value | humanizeDuration }}",
  },
  {
    name: "SealpostDeliveryStalled",
    expr:
      `max by (region) (${series(m.streamMessages, { kind: "deliveries", state: "waiting" })}) > 0 ` +
      `unless ${rate(series(m.attempts), ["region"], "5m")} > 0`,
    for: "5m",
    severity: "critical",
    summary: "{{ $value }} deliveries wait in region {{ $labels.region }} and no attempt is made",
  },
  {
    name: "SealpostSweeperIdle",
    expr: `sum by (region) (increase(${series(m.sweeps)}[10m])) == 0`,
    for: "5m",
    severity: "warning",
    summary: "Nobody sweeps region {{ $labels.region }}: what only Postgres holds there is not published",
  },
  {
    name: "SealpostBrokerLostDeliveries",
    expr: `sum by (region) (increase(${series(m.swept, { kind: "lost" })}[15m])) > 0`,
    for: "0m",
    severity: "warning",
    summary:
      "The broker of region {{ $labels.region }} lost {{ $value | humanize }} deliveries; they are published again",
  },
  {
    name: "SealpostDeadLettersGrowing",
    expr:
      `sum by (region) (increase(${series(m.dead)}[1h])) > 10 and ` +
      `sum by (region) (increase(${series(m.dead)}[1h])) / ` +
      `(sum by (region) (increase(${series(m.dead)}[1h])) + sum by (region) (increase(${series(m.attempts, { outcome: "SUCCESS" })}[1h]))) > 0.05`,
    for: "15m",
    severity: "info",
    summary: "{{ $value | humanize }} deliveries in region {{ $labels.region }} failed for good within an hour",
  },
  {
    name: "SealpostReceiversUnreached",
    expr:
      `${rate(series(m.attempts, { outcome: unreached }), ["region"], "10m")} / ` +
      `${rate(series(m.attempts), ["region"], "10m")} > 0.5 and ${rate(series(m.attempts), ["region"], "10m")} > 1`,
    for: "10m",
    severity: "warning",
    summary:
      "{{ $value | humanizePercentage }} of the attempts from region {{ $labels.region }} reach nobody: rather our network than everybody's",
  },
  {
    name: "SealpostEndpointsUnreadable",
    expr: `sum by (region) (increase(${series(m.unreadable)}[10m])) > 0`,
    for: "10m",
    severity: "warning",
    summary: "Deliveries in region {{ $labels.region }} wait because their endpoint or its secret cannot be read",
  },
  {
    name: "SealpostEgressProxyFailing",
    expr: `sum by (region) (increase(${series(m.postponed)}[10m])) > 0`,
    for: "10m",
    severity: "critical",
    summary: "The egress proxy of region {{ $labels.region }} fails: deliveries wait",
  },
];

const operator: Alert[] = [
  {
    name: "SealpostNoLeader",
    expr: `sum by (name) (${series(m.leader)}) == 0`,
    for: "2m",
    severity: "critical",
    summary: "No controller holds the lease {{ $labels.name }}: resources are not reconciled",
  },
  {
    name: "SealpostManyLeaders",
    expr: `sum by (name) (${series(m.leader)}) > 1`,
    for: "1m",
    severity: "critical",
    summary: "{{ $value }} controllers think that they hold the lease {{ $labels.name }}",
  },
  {
    name: "SealpostReconcileErrors",
    expr:
      `${rate(series(m.reconcileErrors), ["controller"], "10m")} / ` +
      `${rate(series(m.reconciles), ["controller"], "10m")} > 0.1`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the reconciles of {{ $labels.controller }} fail",
  },
  {
    name: "SealpostReconcileStuck",
    expr: `max by (name) (${series(m.workqueueLongestSeconds)}) > 300`,
    for: "5m",
    severity: "warning",
    summary: "A reconcile of {{ $labels.name }} has been under way for {{ $value | humanizeDuration }}",
  },
  {
    name: "SealpostReconcilePanics",
    expr: `sum by (controller) (increase(${series(m.reconcilePanics)}[15m])) > 0`,
    for: "0m",
    severity: "warning",
    summary: "A reconcile of {{ $labels.controller }} met a mistake in the program",
  },
  {
    name: "SealpostWatchesFailing",
    expr: `sum by (resource) (increase(${series(m.watchesEnded, { why: anyOf("unreadable", "failed") })}[15m])) > 10`,
    for: "5m",
    severity: "warning",
    summary: "The controller's watch of {{ $labels.resource }} keeps breaking: changes are seen late",
  },
];

const foundations: Alert[] = [
  {
    name: "SealpostTargetDown",
    expr: `up{job=~".*sealpost.*"} == 0`,
    for: "5m",
    severity: "warning",
    summary: "Prometheus cannot scrape {{ $labels.instance }} ({{ $labels.job }})",
  },
  {
    name: "SealpostPartMissing",
    expr: `group by (part) (max_over_time(${series(m.build)}[6h])) unless group by (part) (${series(m.build)})`,
    for: "5m",
    severity: "critical",
    summary: "No {{ $labels.part }} process is there any more",
  },
  {
    name: "SealpostCallsFailing",
    expr: `${rate(series(m.requests, { code: serverFaults }), ["method"], "10m")} / ${rate(series(m.requests), ["method"], "10m")} > 0.05`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the calls of {{ $labels.method }} fail through our fault",
  },
  {
    name: "SealpostOverloaded",
    expr:
      `(sum(rate(${series(m.turnedAway, { reason: "OVERLOADED" })}[5m])) or vector(0)) + ` +
      `(sum(rate(${series(m.connectionsShed)}[5m])) or vector(0)) > 0`,
    for: "5m",
    severity: "warning",
    summary: "{{ $value | humanize }} calls a second are turned away because too much waits to be written",
  },
  {
    name: "SealpostPostgresPoolSaturated",
    expr: `min_over_time((max by (instance, pool) (${series(m.postgresWaiting)}))[5m:30s]) > 0`,
    for: "5m",
    severity: "warning",
    summary: "Queries of {{ $labels.instance }} always wait for a connection of its pool {{ $labels.pool }}",
  },
  {
    name: "SealpostPartitionsNotAhead",
    expr: `max(${series(m.partitionsUntil)}) - time() < ${3 * day}`,
    for: "15m",
    severity: "critical",
    summary: "The record has partitions for {{ $value | humanizeDuration }} only: after that nothing is accepted",
  },
  {
    name: "SealpostNatsDisconnected",
    expr: `min by (instance, region) (${series(m.natsConnected)}) == 0`,
    for: "5m",
    severity: "warning",
    summary: "{{ $labels.instance }} has no connection to NATS of region {{ $labels.region }}",
  },
  {
    name: "SealpostStreamNearFull",
    expr: `max by (stream) (${series(m.streamBytes, { kind: not("dead") })} / (${series(m.streamBytesLimit, { kind: not("dead") })} > 0)) > 0.8`,
    for: "10m",
    severity: "warning",
    summary: "Stream {{ $labels.stream }} uses {{ $value | humanizePercentage }} of its storage",
  },
  {
    name: "SealpostKeyServiceDown",
    expr: `min by (provider) (${series(m.keyServiceUp)}) == 0`,
    for: "2m",
    severity: "critical",
    summary: "The key service ({{ $labels.provider }}) does not work: secrets cannot be opened, deliveries wait",
  },
  {
    name: "SealpostCertificateExpiring",
    expr: `min by (use) (${series(m.certificateExpiry)}) - time() < ${7 * day}`,
    for: "1h",
    severity: "warning",
    summary: "The certificate of {{ $labels.use }} ends in {{ $value | humanizeDuration }}",
  },
  {
    name: "SealpostEventLoopLag",
    expr: `(${series(r.eventLoopLagP99)} and on (instance) ${series(m.build)}) > 0.5`,
    for: "10m",
    severity: "warning",
    summary: "The event loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late: it has too much to do",
  },
];

/** What breaks a promise, or soon will. Each says where to look; the burn rates say how bad it is. */
export const causes = { deliveries, operator, foundations };

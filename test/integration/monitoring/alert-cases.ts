import { serviceLevels } from "../../../internal/monitoring/service-levels.ts";

/** Series as promtool writes them: `0+5x10` rises by 5 a minute, ten times. */
type Series = Record<string, string>;

export interface AlertCase {
  alert: string;
  /** When it fires. */
  fires: {
    series: Series;
    at: string;
    labels: Record<string, string>;
    /** The summary that somebody reads. */
    says: string;
  };
  /** Near to it, and right; once for alerts of one name. */
  silent?: { series: Series; at: string };
}

const hours = (count: number) => count * 60;

/** 10,000 a minute of which a share goes wrong. */
function traffic(level: (typeof serviceLevels)[number]["name"], share: number, minutes: number): Series {
  const [all, bad] = [10_000, 10_000 * share];
  const rising = (each: number) => `0+${each}x${minutes}`;
  if (level === "accept") {
    return {
      'sealpost_requests_total{protocol="grpc",method="sealpost.v1.EventService/PublishEvent",code="UNAVAILABLE"}':
        rising(bad),
      'sealpost_requests_total{protocol="grpc",method="sealpost.v1.EventService/PublishEvent",code="INVALID_ARGUMENT"}':
        rising(all),
      'sealpost_events_accepted_total{region="us"}': rising(all - bad),
    };
  }
  if (level === "start") {
    return {
      'sealpost_schedule_delay_seconds_count{region="us",road="main"}': rising(all),
      'sealpost_schedule_delay_seconds_bucket{region="us",road="main",le="5"}': rising(all - bad),
      // What waits in the lane waits for its receiver.
      'sealpost_schedule_delay_seconds_count{region="us",road="lane"}': rising(all),
      'sealpost_schedule_delay_seconds_bucket{region="us",road="lane",le="5"}': "0x1000",
    };
  }
  return {
    'sealpost_attempts_total{region="us",outcome="INTERNAL"}': rising(bad),
    'sealpost_attempts_total{region="us",outcome="SUCCESS"}': rising((all - bad) / 2),
    // A customer's outage is none of ours.
    'sealpost_attempts_total{region="us",outcome="HTTP_5XX"}': rising((all - bad) / 2),
  };
}

const burns = [
  { rate: 14.4, long: "1h", short: "5m", severity: "critical", minutes: 10 },
  { rate: 6, long: "6h", short: "30m", severity: "critical", minutes: 25 },
  { rate: 3, long: "1d", short: "2h", severity: "warning", minutes: 75 },
  { rate: 1, long: "3d", short: "6h", severity: "warning", minutes: hours(3) + 10 },
];

const burnNames = {
  accept: "SealpostAcceptErrorBudgetBurn",
  start: "SealpostStartErrorBudgetBurn",
  attempt: "SealpostAttemptErrorBudgetBurn",
};

/** Each of the four windows of each level, somewhat too fast. */
const burnCases: AlertCase[] = serviceLevels.flatMap(({ name, title, objective, by }) =>
  burns.map(({ rate, long, short, severity, minutes }): AlertCase => {
    const share = Number(((rate + 0.5) * (1 - objective)).toFixed(6));
    const region = by.includes("region");
    return {
      alert: burnNames[name],
      fires: {
        series: traffic(name, share, minutes),
        at: `${minutes}m`,
        labels: { severity, long, short, ...(region && { region: "us" }) },
        says: `${title}${region ? " in region us" : ""}: ${Number((share * 100).toPrecision(4))}% go wrong, the error budget of 30 days burns ${rate} times too fast`,
      },
      // At nine tenths of what the slowest window allows.
      ...(rate === 1 && { silent: { series: traffic(name, 0.9 * (1 - objective), hours(4)), at: "4h" } }),
    };
  }),
);

const stream = (kind: string, name: string) => `region="us",kind="${kind}",stream="${name}"`;
const attempts = (outcome: string) => `sealpost_attempts_total{region="us",outcome="${outcome}"}`;
const us = { region: "us" };
const warning = { severity: "warning" };
const critical = { severity: "critical" };

const causeCases: AlertCase[] = [
  {
    alert: "SealpostQueueAgeHigh",
    fires: {
      series: { [`sealpost_stream_oldest_seconds{${stream("deliveries", "DELIVERIES_us")}}`]: "90x10" },
      at: "6m",
      labels: { ...us, ...warning },
      says: "The oldest delivery in region us has waited 1m 30s",
    },
    silent: {
      series: {
        [`sealpost_stream_oldest_seconds{${stream("deliveries", "DELIVERIES_us")}}`]: "59x10",
        // Retries wait on purpose.
        [`sealpost_stream_oldest_seconds{${stream("retries", "RETRIES_us_21600")}}`]: "20000x10",
      },
      at: "10m",
    },
  },
  {
    alert: "SealpostDeliveryStalled",
    fires: {
      series: {
        [`sealpost_stream_messages{${stream("deliveries", "DELIVERIES_us")},state="waiting"}`]: "7x20",
        [attempts("SUCCESS")]: "5x20",
      },
      at: "12m",
      labels: { ...us, ...critical },
      says: "7 deliveries wait in region us and no attempt is made",
    },
    silent: {
      series: {
        [`sealpost_stream_messages{${stream("deliveries", "DELIVERIES_us")},state="waiting"}`]: "7x20",
        [attempts("HTTP_5XX")]: "0+1x20",
      },
      at: "12m",
    },
  },
  {
    alert: "SealpostSweeperIdle",
    fires: {
      series: { 'sealpost_sweeps_total{region="us"}': "5x20" },
      at: "16m",
      labels: { ...us, ...warning },
      says: "Nobody sweeps region us: what only Postgres holds there is not published",
    },
    silent: {
      // Only one of the processes does it.
      series: {
        'sealpost_sweeps_total{region="us",pod="a"}': "5x20",
        'sealpost_sweeps_total{region="us",pod="b"}': "0+1x20",
      },
      at: "16m",
    },
  },
  {
    alert: "SealpostBrokerLostDeliveries",
    fires: {
      series: { 'sealpost_swept_total{region="us",kind="lost"}': "0x5 120x10" },
      at: "8m",
      labels: { ...us, ...warning },
      says: "The broker of region us lost 120 deliveries; they are published again",
    },
    silent: {
      series: {
        'sealpost_swept_total{region="us",kind="lost"}': "120x30",
        'sealpost_swept_total{region="us",kind="due"}': "0+5x30",
      },
      at: "30m",
    },
  },
  {
    alert: "SealpostDeadLettersGrowing",
    fires: {
      series: { 'sealpost_dead_total{region="us"}': "0+1x90", [attempts("SUCCESS")]: "0+9x90" },
      at: "80m",
      labels: { ...us, severity: "info" },
      says: "60 deliveries in region us failed for good within an hour",
    },
    silent: {
      series: { 'sealpost_dead_total{region="us"}': "0+1x90", [attempts("SUCCESS")]: "0+30x90" },
      at: "80m",
    },
  },
  {
    alert: "SealpostReceiversUnreached",
    fires: {
      series: { [attempts("CONNECT")]: "0+60x30", [attempts("TIMEOUT")]: "0+30x30", [attempts("SUCCESS")]: "0+30x30" },
      at: "25m",
      labels: { ...us, ...warning },
      says: "75% of the attempts from region us reach nobody: rather our network than everybody's",
    },
    silent: {
      series: { [attempts("HTTP_5XX")]: "0+90x30", [attempts("SUCCESS")]: "0+30x30" },
      at: "25m",
    },
  },
  {
    alert: "SealpostEndpointsUnreadable",
    fires: {
      series: { 'sealpost_unreadable_total{region="us"}': "0+2x30" },
      at: "20m",
      labels: { ...us, ...warning },
      says: "Deliveries in region us wait because their endpoint or its secret cannot be read",
    },
    silent: { series: { 'sealpost_unreadable_total{region="us"}': "3x30" }, at: "20m" },
  },
  {
    alert: "SealpostEgressProxyFailing",
    fires: {
      series: { 'sealpost_postponed_total{region="us"}': "0+2x30" },
      at: "20m",
      labels: { ...us, ...critical },
      says: "The egress proxy of region us fails: deliveries wait",
    },
    silent: { series: { 'sealpost_postponed_total{region="us"}': "0 3x30" }, at: "20m" },
  },
  {
    alert: "SealpostOverloaded",
    fires: {
      series: { 'sealpost_calls_turned_away_total{reason="OVERLOADED"}': "0+120x20" },
      at: "10m",
      labels: warning,
      says: "2 calls a second are turned away because too much waits to be written",
    },
    silent: {
      // Somebody is over the limit of a key.
      series: {
        'sealpost_calls_turned_away_total{reason="RATE_LIMITED"}': "0+120x20",
        'sealpost_connections_shed_total{protocol="http"}': "0x20",
      },
      at: "10m",
    },
  },
  {
    alert: "SealpostReconcilePanics",
    fires: {
      series: { 'controller_runtime_reconcile_panics_total{controller="webhookendpoint"}': "0x5 1x10" },
      at: "8m",
      labels: { controller: "webhookendpoint", ...warning },
      says: "A reconcile of webhookendpoint met a mistake in the program",
    },
    silent: {
      series: { 'controller_runtime_reconcile_panics_total{controller="webhookendpoint"}': "1x30" },
      at: "30m",
    },
  },
  {
    alert: "SealpostWatchesFailing",
    fires: {
      series: { 'sealpost_kube_watches_ended_total{resource="webhookendpoints",why="failed"}': "0+2x30" },
      at: "25m",
      labels: { resource: "webhookendpoints", ...warning },
      says: "The controller's watch of webhookendpoints keeps breaking: changes are seen late",
    },
    silent: {
      // Gone is how the API server says that a watch is too old.
      series: { 'sealpost_kube_watches_ended_total{resource="webhookendpoints",why="gone"}': "0+2x30" },
      at: "25m",
    },
  },
  {
    alert: "SealpostNoLeader",
    fires: {
      series: {
        'leader_election_master_status{name="sealpost",pod="a"}': "0x10",
        'leader_election_master_status{name="sealpost",pod="b"}': "0x10",
      },
      at: "4m",
      labels: { name: "sealpost", ...critical },
      says: "No controller holds the lease sealpost: resources are not reconciled",
    },
    silent: {
      series: {
        'leader_election_master_status{name="sealpost",pod="a"}': "1x10",
        'leader_election_master_status{name="sealpost",pod="b"}': "0x10",
      },
      at: "4m",
    },
  },
  {
    alert: "SealpostManyLeaders",
    fires: {
      series: {
        'leader_election_master_status{name="sealpost",pod="a"}': "1x10",
        'leader_election_master_status{name="sealpost",pod="b"}': "1x10",
      },
      at: "4m",
      labels: { name: "sealpost", ...critical },
      says: "2 controllers think that they hold the lease sealpost",
    },
    silent: {
      series: {
        'leader_election_master_status{name="sealpost",pod="a"}': "1x10",
        'leader_election_master_status{name="sealpost",pod="b"}': "0x10",
      },
      at: "4m",
    },
  },
  {
    alert: "SealpostReconcileErrors",
    fires: {
      series: {
        'controller_runtime_reconcile_errors_total{controller="webhookendpoint"}': "0+20x30",
        'controller_runtime_reconcile_total{controller="webhookendpoint",result="success"}': "0+80x30",
        'controller_runtime_reconcile_total{controller="webhookendpoint",result="error"}': "0+20x30",
      },
      at: "25m",
      labels: { controller: "webhookendpoint", ...warning },
      says: "20% of the reconciles of webhookendpoint fail",
    },
    silent: {
      series: {
        'controller_runtime_reconcile_errors_total{controller="webhookendpoint"}': "0+5x30",
        'controller_runtime_reconcile_total{controller="webhookendpoint",result="success"}': "0+95x30",
        'controller_runtime_reconcile_total{controller="webhookendpoint",result="error"}': "0+5x30",
      },
      at: "25m",
    },
  },
  {
    alert: "SealpostReconcileStuck",
    fires: {
      series: { 'workqueue_longest_running_processor_seconds{name="webhookendpoint"}': "0+60x20" },
      at: "12m",
      labels: { name: "webhookendpoint", ...warning },
      says: "A reconcile of webhookendpoint has been under way for 12m 0s",
    },
    silent: { series: { 'workqueue_longest_running_processor_seconds{name="webhookendpoint"}': "200x20" }, at: "12m" },
  },
  {
    alert: "SealpostTargetDown",
    fires: {
      series: { 'up{job="prod/sealpost-api",instance="10.0.0.7:9464"}': "1 0x10" },
      at: "7m",
      labels: { job: "prod/sealpost-api", instance: "10.0.0.7:9464", ...warning },
      says: "Prometheus cannot scrape 10.0.0.7:9464 (prod/sealpost-api)",
    },
    silent: {
      series: { 'up{job="prod/sealpost-api",instance="a"}': "1x10", 'up{job="other",instance="b"}': "0x10" },
      at: "7m",
    },
  },
  {
    alert: "SealpostPartMissing",
    fires: {
      series: {
        'sealpost_build_info{part="delivery",version="1",node="v24",pod="a"}': "1x10 stale",
        'sealpost_build_info{part="api",version="1",node="v24",pod="b"}': "1x60",
      },
      at: "20m",
      labels: { part: "delivery", ...critical },
      says: "No delivery process is there any more",
    },
    silent: {
      // One of two is gone, and there never was a controller.
      series: {
        'sealpost_build_info{part="delivery",version="1",node="v24",pod="a"}': "1x10 stale",
        'sealpost_build_info{part="delivery",version="1",node="v24",pod="b"}': "1x60",
      },
      at: "20m",
    },
  },
  {
    alert: "SealpostCallsFailing",
    fires: {
      series: {
        'sealpost_requests_total{protocol="http",method="sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint",code="UNAVAILABLE"}':
          "0+10x30",
        'sealpost_requests_total{protocol="http",method="sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint",code="OK"}':
          "0+90x30",
      },
      at: "25m",
      labels: { method: "sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint", ...warning },
      says: "10% of the calls of sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint fail through our fault",
    },
    silent: {
      series: {
        'sealpost_requests_total{protocol="http",method="sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint",code="NOT_FOUND"}':
          "0+90x30",
        'sealpost_requests_total{protocol="http",method="sealpost.v1.WebhookEndpointService/CreateWebhookEndpoint",code="OK"}':
          "0+10x30",
      },
      at: "25m",
    },
  },
  {
    alert: "SealpostPostgresPoolSaturated",
    fires: {
      series: { 'sealpost_postgres_waiting{instance="a",pool="prepared"}': "3x20" },
      at: "15m",
      labels: { instance: "a", pool: "prepared", ...warning },
      says: "Queries of a always wait for a connection of its pool prepared",
    },
    silent: {
      series: { 'sealpost_postgres_waiting{instance="a",pool="prepared"}': "3 3 0 3 3 0 3 3 0 3 3 0 3 3 0 3" },
      at: "15m",
    },
  },
  {
    alert: "SealpostPartitionsNotAhead",
    fires: {
      // Time starts at 0 here: two days are left.
      series: { "sealpost_partitions_until_timestamp_seconds{}": "174600x60" },
      at: "30m",
      labels: critical,
      says: "The record has partitions for 2d 0h 0m 0s only: after that nothing is accepted",
    },
    silent: { series: { "sealpost_partitions_until_timestamp_seconds{}": "604800x60" }, at: "30m" },
  },
  {
    alert: "SealpostNatsDisconnected",
    fires: {
      series: {
        'sealpost_nats_connected{instance="a",region="us"}': "1 0x10",
        'sealpost_nats_connected{instance="a",region="eu"}': "1x10",
      },
      at: "8m",
      labels: { instance: "a", region: "us", ...warning },
      says: "a has no connection to NATS of region us",
    },
    silent: { series: { 'sealpost_nats_connected{instance="a",region="us"}': "1 0 0 1x10" }, at: "8m" },
  },
  {
    alert: "SealpostStreamNearFull",
    fires: {
      series: {
        [`sealpost_stream_bytes{${stream("retries", "RETRIES_us_300")}}`]: "900x20",
        [`sealpost_stream_bytes_limit{${stream("retries", "RETRIES_us_300")}}`]: "1000x20",
      },
      at: "15m",
      labels: { stream: "RETRIES_us_300", ...warning },
      says: "Stream RETRIES_us_300 uses 90% of its storage",
    },
    silent: {
      // Dead letters make room for new ones.
      series: {
        [`sealpost_stream_bytes{${stream("dead", "DEAD_us")}}`]: "1000x20",
        [`sealpost_stream_bytes_limit{${stream("dead", "DEAD_us")}}`]: "1000x20",
        [`sealpost_stream_bytes{${stream("deliveries", "DELIVERIES_us")}}`]: "700x20",
        [`sealpost_stream_bytes_limit{${stream("deliveries", "DELIVERIES_us")}}`]: "1000x20",
      },
      at: "15m",
    },
  },
  {
    alert: "SealpostKeyServiceDown",
    fires: {
      series: { 'sealpost_key_service_up{provider="vault"}': "1 0x10" },
      at: "5m",
      labels: { provider: "vault", ...critical },
      says: "The key service (vault) does not work: secrets cannot be opened, deliveries wait",
    },
    silent: { series: { 'sealpost_key_service_up{provider="vault"}': "1x10" }, at: "5m" },
  },
  {
    alert: "SealpostCertificateExpiring",
    fires: {
      series: { 'sealpost_tls_certificate_expiry_timestamp_seconds{use="api"}': "180000x120" },
      at: "120m",
      labels: { use: "api", ...warning },
      says: "The certificate of api ends in 2d 0h 0m 0s",
    },
    silent: { series: { 'sealpost_tls_certificate_expiry_timestamp_seconds{use="api"}': "1000000x120" }, at: "120m" },
  },
  {
    alert: "SealpostEventLoopLag",
    fires: {
      series: {
        'nodejs_eventloop_lag_p99_seconds{instance="a"}': "0.75x20",
        'sealpost_build_info{instance="a",part="delivery",version="1",node="v24"}': "1x20",
      },
      at: "15m",
      labels: { instance: "a", ...warning },
      says: "The event loop of a is 750ms late: it has too much to do",
    },
    silent: {
      series: {
        // Somebody else's Node.
        'nodejs_eventloop_lag_p99_seconds{instance="b"}': "3x20",
        'nodejs_eventloop_lag_p99_seconds{instance="a"}': "0.02x20",
        'sealpost_build_info{instance="a",part="delivery",version="1",node="v24"}': "1x20",
      },
      at: "15m",
    },
  },
];

export const alertCases: AlertCase[] = [...burnCases, ...causeCases];

-- The records of Sealpost. Statuses are text with a CHECK: adding one is a migration without a table rewrite.

CREATE TABLE companies (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  plan_tier text NOT NULL CHECK (plan_tier IN ('FREE', 'GROWTH', 'ENTERPRISE')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workspaces (
  id uuid PRIMARY KEY,
  company_id uuid NOT NULL REFERENCES companies,
  name text NOT NULL,
  region text NOT NULL,
  -- Raised in the transaction of every change to one of its endpoints; accepting compares it.
  endpoints_version bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workspaces_by_company ON workspaces (company_id, id);

CREATE TABLE projects (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX projects_by_workspace ON projects (workspace_id, id);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  company_id uuid NOT NULL REFERENCES companies,
  workspace_id uuid REFERENCES workspaces,
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_keys_by_company ON api_keys (company_id, id);

CREATE TABLE webhook_endpoints (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  project_id uuid REFERENCES projects,
  region text NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,
  description text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN ('ACTIVE', 'DISABLED')),
  disabled_reason text CHECK (disabled_reason IN ('BY_REQUEST', 'GONE')),
  max_in_flight integer NOT NULL,
  -- Encrypted; gone when the endpoint is deleted.
  secret bytea,
  -- The etag.
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  -- When the last unfinished delivery of a deleted endpoint was ended: nothing is left to look for.
  deliveries_ended_at timestamptz
);
CREATE INDEX webhook_endpoints_by_workspace ON webhook_endpoints (workspace_id, id) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_to_end ON webhook_endpoints (region, id)
  WHERE deleted_at IS NOT NULL AND deliveries_ended_at IS NULL;

-- Beside the endpoint, not in it: a row that every settled batch updates must not hold up who reads the endpoint.
CREATE TABLE endpoint_statistics (
  endpoint_id uuid PRIMARY KEY,
  attempts bigint NOT NULL DEFAULT 0,
  succeeded bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  consecutive_failures integer NOT NULL DEFAULT 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_status integer
) WITH (fillfactor = 50);

CREATE TABLE idempotency_keys (
  workspace_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  body_hash bytea NOT NULL,
  event_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- The three tables that grow have a partition per day, bounded by UUIDv7 values: the primary key is the id alone and
-- a look-up by id opens one partition. No foreign keys between them, so that a day is dropped without a scan.
-- Columns stand by size, which saves the padding.

CREATE TABLE webhook_events (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  project_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivery_count integer NOT NULL,
  type text NOT NULL,
  -- The exact bytes that are signed and sent.
  body bytea NOT NULL
) PARTITION BY RANGE (id);

CREATE TABLE webhook_jobs (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  enqueued_at timestamptz NOT NULL DEFAULT now(),
  -- Never null while Postgres holds an unfinished job.
  due_at timestamptz,
  -- Raised by every new publication.
  epoch integer NOT NULL DEFAULT 0,
  attempt_count smallint NOT NULL DEFAULT 0,
  manual boolean NOT NULL DEFAULT false,
  event_type text NOT NULL,
  region text NOT NULL,
  status text NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'SENDING', 'SUCCEEDED', 'FAILED', 'RETRY_SCHEDULED')),
  -- The stream that holds it; null: Postgres itself.
  queue text,
  held_reason text CHECK (held_reason IN ('ENDPOINT_DISABLED')),
  failure_reason text
    CHECK (failure_reason IN ('EXHAUSTED', 'GONE', 'ENDPOINT_DELETED', 'EXPIRED', 'MANUAL_RETRY_FAILED'))
) PARTITION BY RANGE (id);

-- An endpoint's deliveries, newest first.
CREATE INDEX webhook_jobs_by_endpoint ON webhook_jobs (endpoint_id, id);
-- What a stream should hold, the oldest publication first: to find what it lost.
CREATE INDEX webhook_jobs_by_queue ON webhook_jobs (queue, enqueued_at)
  WHERE queue IS NOT NULL AND status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED');
-- The same by endpoint, for the slow lanes.
CREATE INDEX webhook_jobs_in_lane ON webhook_jobs (queue, endpoint_id, enqueued_at)
  WHERE starts_with(queue, 'LANES_') AND status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED');
-- What Postgres holds until it is due.
CREATE INDEX webhook_jobs_due ON webhook_jobs (region, due_at)
  WHERE queue IS NULL AND held_reason IS NULL AND status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED');
-- What Postgres holds until an endpoint is enabled: apart, so that a million of them is not in the way of what is due.
CREATE INDEX webhook_jobs_held ON webhook_jobs (region, endpoint_id, due_at)
  WHERE queue IS NULL AND held_reason IS NOT NULL AND status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED');
-- An endpoint's deliveries that are still to be ended when it is deleted.
CREATE INDEX webhook_jobs_unfinished ON webhook_jobs (endpoint_id)
  WHERE status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED');

CREATE TABLE webhook_delivery_attempts (
  job_id uuid NOT NULL,
  id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  http_status integer,
  dns_ms real NOT NULL DEFAULT 0,
  connect_ms real NOT NULL DEFAULT 0,
  tls_ms real NOT NULL DEFAULT 0,
  first_byte_ms real NOT NULL DEFAULT 0,
  total_ms real NOT NULL DEFAULT 0,
  -- 1, 2, 3 …; 0 for one that may have left before and does not count.
  number smallint NOT NULL,
  response_truncated boolean NOT NULL DEFAULT false,
  outcome text NOT NULL
    CHECK (outcome IN ('IN_PROGRESS', 'SUCCESS', 'HTTP_3XX', 'HTTP_4XX', 'HTTP_5XX', 'TIMEOUT', 'DNS', 'CONNECT',
                       'TLS', 'BLOCKED', 'INTERNAL', 'UNKNOWN')),
  pod text NOT NULL DEFAULT '',
  error text NOT NULL DEFAULT '',
  response_headers jsonb,
  response_body bytea,
  PRIMARY KEY (job_id, id)
) PARTITION BY RANGE (job_id);

-- What the door in front of every method goes by, and endpoints that a company's plan stops.

-- From where a company's keys may manage; empty: from nowhere.
ALTER TABLE companies ADD COLUMN ip_allowlist text[] NOT NULL DEFAULT '{}';

ALTER TABLE api_keys
  -- Null: everything that its kind of key allows.
  ADD COLUMN permissions text[],
  -- Null: what this installation gives every key.
  ADD COLUMN operations_per_minute integer,
  ADD COLUMN reads_per_minute integer;

-- The calls a key made in the last minute: a row for each kind of call, locked by whoever makes one, so that all
-- processes count together. Beside the key, which every process keeps a copy of.
CREATE TABLE call_windows (
  key_id uuid NOT NULL,
  operation text NOT NULL,
  -- When calls were let through, ms since the epoch by this server's clock, and how many at each time.
  times_ms bigint[] NOT NULL,
  counts integer[] NOT NULL,
  -- Of the calls that came together last, so many were let through.
  granted integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (key_id, operation)
) WITH (fillfactor = 50);

ALTER TABLE webhook_endpoints
  DROP CONSTRAINT webhook_endpoints_status_check,
  DROP CONSTRAINT webhook_endpoints_disabled_reason_check,
  ADD CONSTRAINT webhook_endpoints_status_check CHECK (status IN ('ACTIVE', 'DISABLED', 'SUSPENDED')),
  ADD CONSTRAINT webhook_endpoints_disabled_reason_check CHECK (disabled_reason IN ('BY_REQUEST', 'GONE', 'PLAN'));

ALTER TABLE webhook_jobs
  DROP CONSTRAINT webhook_jobs_held_reason_check,
  ADD CONSTRAINT webhook_jobs_held_reason_check CHECK (held_reason IN ('ENDPOINT_DISABLED', 'ENDPOINT_SUSPENDED'));

-- From here on, a company whose plan has no endpoints has no ACTIVE one.
UPDATE webhook_endpoints e
SET status = 'SUSPENDED', disabled_reason = 'PLAN', version = e.version + 1, updated_at = now()
FROM workspaces w JOIN companies c ON c.id = w.company_id
WHERE w.id = e.workspace_id AND c.plan_tier = 'FREE' AND e.status = 'ACTIVE' AND e.deleted_at IS NULL;

UPDATE workspaces w
SET endpoints_version = endpoints_version + 1
FROM companies c
WHERE c.id = w.company_id AND c.plan_tier = 'FREE';

-- Several signing secrets an endpoint: the current one, and older ones while receivers change over.
CREATE TABLE webhook_endpoint_secrets (
  id uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoints,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- When it stops signing; null: the current one.
  not_after timestamptz,
  -- 1 for the endpoint's first one.
  version integer NOT NULL,
  scheme text NOT NULL CHECK (scheme IN ('HMAC_SHA256', 'ED25519')),
  -- Of ED25519: what receivers verify with.
  public_key text,
  -- Encrypted.
  sealed bytea NOT NULL,
  UNIQUE (endpoint_id, version)
);
CREATE UNIQUE INDEX webhook_endpoint_secrets_current ON webhook_endpoint_secrets (endpoint_id) WHERE not_after IS NULL;
CREATE INDEX webhook_endpoint_secrets_by_end ON webhook_endpoint_secrets (not_after) WHERE not_after IS NOT NULL;

-- They stay sealed for their old place, which still opens them; npm run rekey seals them for this one.
INSERT INTO webhook_endpoint_secrets (id, endpoint_id, created_at, version, scheme, sealed)
SELECT gen_random_uuid(), id, created_at, 1, 'HMAC_SHA256', secret FROM webhook_endpoints WHERE secret IS NOT NULL;

ALTER TABLE webhook_endpoints DROP COLUMN secret;

-- More headers for each request to the endpoint: their names to be shown, their values encrypted together as JSON.
ALTER TABLE webhook_endpoints
  ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
  ADD COLUMN headers bytea,
  -- Raised whenever they are sealed anew.
  ADD COLUMN headers_version integer NOT NULL DEFAULT 0;

-- Management operations, done and refused. A partition per month, bounded by UUIDv7 values like the days of the other
-- growing tables: what is past its retention is dropped as a whole, so that no row has ever to be deleted, and a year
-- is a dozen tables to look into.

CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  company_id uuid NOT NULL,
  workspace_id uuid,
  -- Null: the admin key.
  key_id uuid,
  resource_id uuid,
  created_at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('admin', 'company', 'workspace')),
  address text NOT NULL,
  request_id text NOT NULL,
  method text NOT NULL,
  resource_kind text,
  -- [{field, before?, after?, hidden?}]
  changes jsonb NOT NULL,
  -- OK, or the status that was answered.
  status text NOT NULL,
  reason text NOT NULL
) PARTITION BY RANGE (id);

CREATE INDEX audit_log_by_company ON audit_log (company_id, id);

-- Append-only for everybody, the owner included; the application's role has no such rights in the first place.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Partitions get this one from their table; TRUNCATE's, which is none of rows, is made with each of them.
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

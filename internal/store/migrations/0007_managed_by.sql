-- The Kubernetes resource that manages an endpoint, when one does.
ALTER TABLE webhook_endpoints
  ADD COLUMN manager_cluster text,
  ADD COLUMN manager_namespace text,
  ADD COLUMN manager_name text,
  ADD COLUMN manager_uid text,
  ADD CONSTRAINT webhook_endpoints_manager_whole
    CHECK (num_nulls(manager_cluster, manager_namespace, manager_name, manager_uid) IN (0, 4));
-- One endpoint a resource: a controller that died between making it and noting it finds its own.
CREATE UNIQUE INDEX webhook_endpoints_by_manager ON webhook_endpoints (manager_uid, workspace_id)
  WHERE deleted_at IS NULL AND manager_uid IS NOT NULL;

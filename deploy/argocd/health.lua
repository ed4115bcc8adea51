-- How a WebhookEndpoint stands, for Argo CD, which knows no kind's health that nobody taught it: the value of
-- resource.customizations.health.sealpost.dev_WebhookEndpoint in the ConfigMap argocd-cm.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local function holds(type)
  return conditions[type] ~= nil and conditions[type].status == "True"
end
local function message(type)
  return conditions[type] ~= nil and conditions[type].message or ""
end

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = message("Ready") }
end
if status.observedGeneration ~= obj.metadata.generation or holds("Reconciling") then
  return { status = "Progressing", message = message("Reconciling") }
end
if holds("Stalled") then
  return { status = "Degraded", message = message("Stalled") }
end
if holds("Ready") then
  return { status = "Healthy", message = message("Ready") }
end
return { status = "Progressing", message = message("Ready") }

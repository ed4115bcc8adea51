import { client } from "./client.ts";

export interface Tenant {
  companyId: string;
  workspaceId: string;
  projectId: string;
  /** Manages endpoints and reads deliveries. */
  companyKey: string;
  /** Publishes. */
  workspaceKey: string;
}

/** A company with a workspace, a project and both kinds of key, made over the API as an operator would. */
export async function createTenant(
  http: string,
  adminKey: string,
  options: { planTier?: string; region?: string } = {},
): Promise<Tenant> {
  const { planTier = "GROWTH", region = "us" } = options;
  const admin = client(http, adminKey);
  async function make(path: string, body: object): Promise<{ id: string; key: string }> {
    const answer = await admin.post<{ id: string; key: string }>(path, body);
    if (answer.status !== 200) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }
  const { id: companyId } = await make("/v1/companies", { name: "Test company", planTier });
  const { id: workspaceId } = await make(`/v1/companies/${companyId}/workspaces`, { name: "Test workspace", region });
  const { id: projectId } = await make(`/v1/workspaces/${workspaceId}/projects`, { name: "Test project" });
  await make(`/v1/companies/${companyId}/ip-allowlist`, { cidrs: ["127.0.0.0/8", "::1"] });
  // Tests have no minute to wait.
  const limits = { operationsPerMinute: 1_000_000, readsPerMinute: 1_000_000 };
  const keys = `/v1/companies/${companyId}/keys`;
  const { key: companyKey } = await make(keys, { name: "manages", ...limits });
  const { key: workspaceKey } = await make(keys, { name: "publishes", workspaceId, ...limits });
  return { companyId, workspaceId, projectId, companyKey, workspaceKey };
}

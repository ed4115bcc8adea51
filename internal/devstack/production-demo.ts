import { styleText } from "node:util";
import { ApiError, callApi } from "./api-client.ts";
import type { Tenant } from "./tenant.ts";

export interface Refusal {
  url: string;
  error: ApiError;
}

interface Options {
  tenant: Tenant;
  /** Of the HTTP API. */
  http: string;
  receiverUrl: string;
}

/**
 * Tries to register what production refuses, the receiver on this machine first. Only a few: each is a management
 * operation of the company's key.
 * @throws ApiError when an endpoint is refused for another reason; Error when one is not refused.
 */
export async function demonstrateRefusals({ tenant, http, receiverUrl }: Options): Promise<Refusal[]> {
  const urls = [
    receiverUrl,
    receiverUrl.replace("http://localhost", "https://0x7f.1"),
    "https://169.254.169.254/latest/meta-data/",
    "https://redis.cache.svc.cluster.local/",
  ];
  const refusals: Refusal[] = [];
  for (const url of urls) refusals.push({ url, error: await refusalOf(url, tenant, http) });
  return refusals;
}

async function refusalOf(url: string, tenant: Tenant, http: string): Promise<ApiError> {
  const path = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
  try {
    await callApi(http, tenant.companyKey, "POST", path, { url, events: ["*"], description: "npm run dev" });
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return error;
    throw error;
  }
  throw new Error(`the rules of production do not hold: an endpoint at ${url} was accepted`);
}

/** What was tried and what the API said, for somebody who has never seen it. */
export function describeRefusals(refusals: Refusal[]): string {
  const lines = refusals.flatMap(({ url, error }) => [
    `  ${url}`,
    `    ${styleText(["green", "bold"], "refused")}: HTTP ${error.status}, ${error.message}`,
    "",
  ]);
  return [...lines, "  Every connection is held against the same rules, whatever a name leads to by then."].join("\n");
}

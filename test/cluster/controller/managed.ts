import type { Operator } from "../../harness/operator.ts";

interface Shown {
  id: string;
  url: string;
  description?: string;
  managedBy?: { namespace: string; name: string; uid: string };
}

/** The endpoints that resources of a namespace manage, as the API lists them. */
export async function managedIn({ road }: Operator, namespace: string): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let token = ""; ; ) {
    const path = `/v1/workspaces/${road.tenant.workspaceId}/webhooks?pageSize=100&pageToken=${token}`;
    const { body } = await road.company.get<{ webhooks?: Shown[]; nextPageToken?: string }>(path);
    all.push(...(body.webhooks ?? []));
    if (!body.nextPageToken) return all.filter(({ managedBy }) => managedBy?.namespace === namespace);
    token = body.nextPageToken;
  }
}

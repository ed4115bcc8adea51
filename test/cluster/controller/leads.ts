import type { Child } from "../../harness/child.ts";

/** Whether a controller leads, by its metrics; one that is stopped or away does not answer. */
export async function leads(child: Child | undefined): Promise<boolean> {
  const signal = AbortSignal.timeout(2000);
  const answer = await fetch(`${child?.metrics}/metrics`, { signal }).catch(() => undefined);
  return /^leader_election_master_status\{.*\} 1$/m.test((await answer?.text().catch(() => "")) ?? "");
}

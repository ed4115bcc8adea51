import { newUuid, type Uuid, uuidAt } from "../../../internal/domain/ids.ts";
import type { DeliveryStatus } from "../../../internal/domain/states.ts";
import type { Record } from "../../harness/record.ts";

export interface TestJob {
  id: Uuid;
  status: DeliveryStatus;
}

/**
 * Deliveries of an endpoint as accepting and settling would leave them: one event each, one attempt where it was made.
 * Each is a second younger than the one before; later than now, because the partitions of coming days exist.
 */
export async function addJobs(record: Record, endpointId: Uuid, statuses: DeliveryStatus[]): Promise<TestJob[]> {
  const start = Date.now();
  const jobs = statuses.map((status, i) => {
    const id = uuidAt(start + i * 1000).slice(0, 14) + newUuid().slice(14);
    return { id, eventId: newUuid(), status };
  });
  const columns = [jobs.map(({ id }) => id), jobs.map(({ eventId }) => eventId), statuses, endpointId];
  await record.query(
    `insert into webhook_events (id, workspace_id, delivery_count, type, body)
     select u.event_id, e.workspace_id, 1, 'invoice.paid', convert_to('{"n":' || u.ord || '}', 'UTF8')
     from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality u (id, event_id, status, ord)
     join webhook_endpoints e on e.id = $4`,
    columns,
  );
  await record.query(
    `insert into webhook_jobs (id, event_id, endpoint_id, workspace_id, event_type, region, status, attempt_count, queue,
                               due_at, failure_reason)
     select u.id, u.event_id, e.id, e.workspace_id, 'invoice.paid', e.region, u.status, (u.status <> 'PENDING')::int,
            case when u.status in ('PENDING', 'SENDING') then 'DELIVERIES_us' end,
            case when u.status = 'RETRY_SCHEDULED' then now() + interval '1 hour' end,
            case when u.status = 'FAILED' then 'EXHAUSTED' end
     from unnest($1::uuid[], $2::uuid[], $3::text[]) u (id, event_id, status)
     join webhook_endpoints e on e.id = $4`,
    columns,
  );
  await record.query(
    `insert into webhook_delivery_attempts (job_id, id, started_at, http_status, total_ms, number, outcome, pod,
                                            response_headers, response_body)
     select u.id, u.id, now(), 200, 12.5, 1, case u.status when 'SENDING' then 'IN_PROGRESS' else 'SUCCESS' end, 'pod-1',
            '{"content-type":"text/plain"}', '\\x7468616e6b73'
     from unnest($1::uuid[], $2::uuid[], $3::text[]) u (id, event_id, status)
     join webhook_endpoints e on e.id = $4
     where u.status <> 'PENDING'`,
    columns,
  );
  return jobs;
}

import { fn, type Sequelize } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import { queues } from "../../domain/message.ts";
import { isFinished } from "../../domain/states.ts";
import type { RetryOutcome, RetryTerms } from "../../history/ports.ts";
import { writeAudit } from "../audit/write.ts";
import type { Models } from "../models/models.ts";
import { runTransaction } from "../models/run.ts";
import { lockTerms } from "../tenancy/terms.ts";

/**
 * Gives a finished delivery to the DELIVERIES stream for one more attempt. The plan is locked before the endpoint and
 * the endpoint before the delivery, as everybody does: a change of plan and a disable that are under way are waited for.
 */
export function retryDelivery(
  sequelize: Sequelize,
  models: Models,
  { companyId, id, check, audit }: { companyId: Uuid; id: Uuid } & RetryTerms,
): Promise<RetryOutcome> {
  return runTransaction(sequelize, async (transaction): Promise<RetryOutcome> => {
    check((await lockTerms(models, transaction, companyId)).planTier);
    const { SHARE, UPDATE } = transaction.LOCK;
    const endpointId = (await models.WebhookJob.findByPk(id, { attributes: ["endpointId"], transaction }))?.endpointId;
    if (endpointId === undefined) return { kind: "absent" };
    const endpoint = await models.WebhookEndpoint.findByPk(endpointId, { transaction, lock: SHARE });
    const job = await models.WebhookJob.findByPk(id, { transaction, lock: UPDATE });
    if (!job) return { kind: "absent" };
    if (!endpoint || endpoint.deletedAt) return { kind: "endpointDeleted" };
    if (!isFinished(job.status)) return { kind: "unfinished" };
    if (endpoint.status !== "ACTIVE") return { kind: "endpointDisabled" };
    const event = await models.WebhookEvent.findByPk(job.eventId, { transaction });
    if (!event) return { kind: "eventExpired" };
    const { eventId, region } = job;
    const epoch = job.epoch + 1;
    // The database's clock, as everywhere in these columns; not the transaction's start, which may be some waits ago.
    const now = fn("clock_timestamp");
    await models.WebhookJob.update(
      {
        status: "PENDING",
        manual: true,
        queue: queues.deliveries(region),
        epoch,
        enqueuedAt: now,
        dueAt: now,
        updatedAt: now,
        failureReason: null,
        heldReason: null,
      },
      { where: { id }, transaction },
    );
    await writeAudit(models, transaction, audit(job.status));
    const attempt = job.attemptCount + 1;
    const message = {
      deliveryId: id,
      endpointId,
      eventId,
      region,
      attempt,
      epoch,
      dueAt: Date.now(),
      body: event.body,
    };
    return { kind: "retrying", message };
  });
}

import type pg from "pg";

/** Deletes signing secrets that sign no more. Few ever end, so it is one statement. */
export async function forgetEndedSecrets(client: pg.Client): Promise<void> {
  await client.query("DELETE FROM webhook_endpoint_secrets WHERE not_after <= now()");
}

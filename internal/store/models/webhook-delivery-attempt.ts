import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from "sequelize";
import type { Outcome } from "../../domain/states.ts";

export class WebhookDeliveryAttemptRow extends Model<
  InferAttributes<WebhookDeliveryAttemptRow>,
  InferCreationAttributes<WebhookDeliveryAttemptRow>
> {
  declare jobId: string;
  declare id: string;
  declare startedAt: Date;
  declare httpStatus: number | null;
  declare dnsMs: number;
  declare connectMs: number;
  declare tlsMs: number;
  declare firstByteMs: number;
  declare totalMs: number;
  declare number: number;
  declare responseTruncated: boolean;
  declare outcome: Outcome;
  declare pod: string;
  declare error: string;
  declare responseHeaders: Record<string, string> | null;
  declare responseBody: Buffer | null;
}

/** The rows are written by the group commit of settling, in SQL; this model reads them. */
export function defineWebhookDeliveryAttempt(sequelize: Sequelize): typeof WebhookDeliveryAttemptRow {
  // Sequelize notes the column in the object it is given: one for each.
  const milliseconds = () => ({ type: DataTypes.REAL, allowNull: false });
  return class WebhookDeliveryAttempt extends WebhookDeliveryAttemptRow {}.init(
    {
      jobId: { type: DataTypes.UUID, primaryKey: true },
      id: { type: DataTypes.UUID, primaryKey: true },
      startedAt: { type: DataTypes.DATE, allowNull: false },
      httpStatus: { type: DataTypes.INTEGER },
      dnsMs: milliseconds(),
      connectMs: milliseconds(),
      tlsMs: milliseconds(),
      firstByteMs: milliseconds(),
      totalMs: milliseconds(),
      number: { type: DataTypes.SMALLINT, allowNull: false },
      responseTruncated: { type: DataTypes.BOOLEAN, allowNull: false },
      outcome: { type: DataTypes.TEXT, allowNull: false },
      pod: { type: DataTypes.TEXT, allowNull: false },
      error: { type: DataTypes.TEXT, allowNull: false },
      responseHeaders: { type: DataTypes.JSONB },
      responseBody: { type: DataTypes.BLOB },
    },
    { sequelize, modelName: "WebhookDeliveryAttempt", tableName: "webhook_delivery_attempts" },
  );
}

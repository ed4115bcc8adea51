import {
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Sequelize,
} from "sequelize";
import type { DeliveryStatus, FailureReason, HeldReason } from "../../domain/states.ts";
import type { WebhookEndpointRow } from "./webhook-endpoint.ts";
import type { WebhookEventRow } from "./webhook-event.ts";
import type { WorkspaceRow } from "./workspace.ts";

export class WebhookJobRow extends Model<InferAttributes<WebhookJobRow>, InferCreationAttributes<WebhookJobRow>> {
  declare id: string;
  declare eventId: string;
  declare endpointId: string;
  declare workspaceId: string;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare enqueuedAt: Date;
  declare dueAt: Date | null;
  declare epoch: number;
  declare attemptCount: number;
  declare manual: boolean;
  declare eventType: string;
  declare region: string;
  declare status: DeliveryStatus;
  /** The stream that holds it; null: Postgres itself. */
  declare queue: string | null;
  declare heldReason: HeldReason | null;
  declare failureReason: FailureReason | null;
  declare endpoint?: NonAttribute<WebhookEndpointRow | null>;
  declare event?: NonAttribute<WebhookEventRow | null>;
  declare workspace?: NonAttribute<WorkspaceRow | null>;
}

/** The rows are written by the group commits of accepting and settling, in SQL; this model reads them. */
export function defineWebhookJob(sequelize: Sequelize): typeof WebhookJobRow {
  return class WebhookJob extends WebhookJobRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      eventId: { type: DataTypes.UUID, allowNull: false },
      endpointId: { type: DataTypes.UUID, allowNull: false },
      workspaceId: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      updatedAt: { type: DataTypes.DATE, allowNull: false },
      enqueuedAt: { type: DataTypes.DATE, allowNull: false },
      dueAt: { type: DataTypes.DATE },
      epoch: { type: DataTypes.INTEGER, allowNull: false },
      attemptCount: { type: DataTypes.SMALLINT, allowNull: false },
      manual: { type: DataTypes.BOOLEAN, allowNull: false },
      eventType: { type: DataTypes.TEXT, allowNull: false },
      region: { type: DataTypes.TEXT, allowNull: false },
      status: { type: DataTypes.TEXT, allowNull: false },
      queue: { type: DataTypes.TEXT },
      heldReason: { type: DataTypes.TEXT },
      failureReason: { type: DataTypes.TEXT },
    },
    { sequelize, modelName: "WebhookJob", tableName: "webhook_jobs" },
  );
}

import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from "sequelize";

export class WebhookEventRow extends Model<InferAttributes<WebhookEventRow>, InferCreationAttributes<WebhookEventRow>> {
  declare id: string;
  declare workspaceId: string;
  declare projectId: string | null;
  declare createdAt: Date;
  declare deliveryCount: number;
  declare type: string;
  /** The exact bytes that are signed and sent. */
  declare body: Buffer;
}

/** The rows are written by the group commit of accepting, in SQL; this model reads them. */
export function defineWebhookEvent(sequelize: Sequelize): typeof WebhookEventRow {
  return class WebhookEvent extends WebhookEventRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      workspaceId: { type: DataTypes.UUID, allowNull: false },
      projectId: { type: DataTypes.UUID },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      deliveryCount: { type: DataTypes.INTEGER, allowNull: false },
      type: { type: DataTypes.TEXT, allowNull: false },
      body: { type: DataTypes.BLOB, allowNull: false },
    },
    { sequelize, modelName: "WebhookEvent", tableName: "webhook_events" },
  );
}

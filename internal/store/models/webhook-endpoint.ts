import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Sequelize,
} from "sequelize";
import type { DisabledReason, EndpointStatus } from "../../domain/states.ts";
import type { EndpointStatisticsRow } from "./endpoint-statistics.ts";
import type { WorkspaceRow } from "./workspace.ts";

export class WebhookEndpointRow extends Model<
  InferAttributes<WebhookEndpointRow>,
  InferCreationAttributes<WebhookEndpointRow>
> {
  declare id: string;
  declare workspaceId: string;
  declare projectId: string | null;
  declare region: string;
  declare url: string;
  declare events: string[];
  declare description: string;
  declare status: EndpointStatus;
  declare disabledReason: DisabledReason | null;
  declare maxInFlight: number;
  declare managerCluster: CreationOptional<string | null>;
  declare managerNamespace: CreationOptional<string | null>;
  declare managerName: CreationOptional<string | null>;
  declare managerUid: CreationOptional<string | null>;
  declare headerNames: string[];
  /** Sealed; null when there are none. */
  declare headers: Buffer | null;
  declare headersVersion: number;
  /** A bigint: text, so that no digit is lost. */
  declare version: string;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare deletedAt: CreationOptional<Date | null>;
  declare deliveriesEndedAt: CreationOptional<Date | null>;
  declare workspace?: NonAttribute<WorkspaceRow>;
  declare statistics?: NonAttribute<EndpointStatisticsRow | null>;
}

export function defineWebhookEndpoint(sequelize: Sequelize): typeof WebhookEndpointRow {
  return class WebhookEndpoint extends WebhookEndpointRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      workspaceId: { type: DataTypes.UUID, allowNull: false },
      projectId: { type: DataTypes.UUID },
      region: { type: DataTypes.TEXT, allowNull: false },
      url: { type: DataTypes.TEXT, allowNull: false },
      events: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false },
      description: { type: DataTypes.TEXT, allowNull: false },
      status: { type: DataTypes.TEXT, allowNull: false },
      disabledReason: { type: DataTypes.TEXT },
      maxInFlight: { type: DataTypes.INTEGER, allowNull: false },
      managerCluster: { type: DataTypes.TEXT },
      managerNamespace: { type: DataTypes.TEXT },
      managerName: { type: DataTypes.TEXT },
      managerUid: { type: DataTypes.TEXT },
      headerNames: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false },
      headers: { type: DataTypes.BLOB },
      headersVersion: { type: DataTypes.INTEGER, allowNull: false },
      version: { type: DataTypes.BIGINT, allowNull: false },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      updatedAt: { type: DataTypes.DATE, allowNull: false },
      deletedAt: { type: DataTypes.DATE },
      deliveriesEndedAt: { type: DataTypes.DATE },
    },
    { sequelize, modelName: "WebhookEndpoint", tableName: "webhook_endpoints" },
  );
}

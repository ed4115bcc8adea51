import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from "sequelize";
import type { SignatureScheme } from "../../domain/states.ts";

export class WebhookEndpointSecretRow extends Model<
  InferAttributes<WebhookEndpointSecretRow>,
  InferCreationAttributes<WebhookEndpointSecretRow>
> {
  declare id: string;
  declare endpointId: string;
  declare createdAt: Date;
  declare notAfter: CreationOptional<Date | null>;
  declare version: number;
  declare scheme: SignatureScheme;
  declare publicKey: string | null;
  declare sealed: Buffer;
}

export function defineWebhookEndpointSecret(sequelize: Sequelize): typeof WebhookEndpointSecretRow {
  return class WebhookEndpointSecret extends WebhookEndpointSecretRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      endpointId: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      notAfter: { type: DataTypes.DATE },
      version: { type: DataTypes.INTEGER, allowNull: false },
      scheme: { type: DataTypes.TEXT, allowNull: false },
      publicKey: { type: DataTypes.TEXT },
      sealed: { type: DataTypes.BLOB, allowNull: false },
    },
    { sequelize, modelName: "WebhookEndpointSecret", tableName: "webhook_endpoint_secrets" },
  );
}

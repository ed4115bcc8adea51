import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from "sequelize";

export class IdempotencyKeyRow extends Model<
  InferAttributes<IdempotencyKeyRow>,
  InferCreationAttributes<IdempotencyKeyRow>
> {
  declare workspaceId: string;
  declare key: string;
  declare bodyHash: Buffer;
  declare eventId: string;
  declare expiresAt: Date;
}

/** The rows are written by the group commit of accepting, in SQL; this model reads them. */
export function defineIdempotencyKey(sequelize: Sequelize): typeof IdempotencyKeyRow {
  return class IdempotencyKey extends IdempotencyKeyRow {}.init(
    {
      workspaceId: { type: DataTypes.UUID, primaryKey: true },
      key: { type: DataTypes.TEXT, primaryKey: true },
      bodyHash: { type: DataTypes.BLOB, allowNull: false },
      eventId: { type: DataTypes.UUID, allowNull: false },
      expiresAt: { type: DataTypes.DATE, allowNull: false },
    },
    { sequelize, modelName: "IdempotencyKey", tableName: "idempotency_keys" },
  );
}

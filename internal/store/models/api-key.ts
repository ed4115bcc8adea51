import {
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Sequelize,
} from "sequelize";
import type { Permission } from "../../domain/permissions.ts";
import type { CompanyRow } from "./company.ts";

export class ApiKeyRow extends Model<InferAttributes<ApiKeyRow>, InferCreationAttributes<ApiKeyRow>> {
  declare id: string;
  declare companyId: string;
  declare workspaceId: string | null;
  declare name: string;
  declare permissions: Permission[] | null;
  declare operationsPerMinute: number | null;
  declare readsPerMinute: number | null;
  declare hash: Buffer;
  declare createdAt: Date;
  declare expiresAt: Date | null;
  declare revokedAt: Date | null;
  declare lastUsedAt: Date | null;
  declare company?: NonAttribute<CompanyRow>;
}

export function defineApiKey(sequelize: Sequelize): typeof ApiKeyRow {
  return class ApiKey extends ApiKeyRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      companyId: { type: DataTypes.UUID, allowNull: false },
      workspaceId: { type: DataTypes.UUID },
      name: { type: DataTypes.TEXT, allowNull: false },
      permissions: { type: DataTypes.ARRAY(DataTypes.TEXT) },
      operationsPerMinute: { type: DataTypes.INTEGER },
      readsPerMinute: { type: DataTypes.INTEGER },
      hash: { type: DataTypes.BLOB, allowNull: false },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      expiresAt: { type: DataTypes.DATE },
      revokedAt: { type: DataTypes.DATE },
      lastUsedAt: { type: DataTypes.DATE },
    },
    { sequelize, modelName: "ApiKey", tableName: "api_keys" },
  );
}

import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from "sequelize";
import type { PlanTier } from "../../domain/states.ts";
import type { DeliveryNetworks } from "../../network/allowance.ts";

export class CompanyRow extends Model<InferAttributes<CompanyRow>, InferCreationAttributes<CompanyRow>> {
  declare id: string;
  declare name: string;
  declare planTier: PlanTier;
  declare deliveryNetworks: DeliveryNetworks;
  declare ipAllowlist: CreationOptional<string[]>;
  declare createdAt: Date;
}

export function defineCompany(sequelize: Sequelize): typeof CompanyRow {
  return class Company extends CompanyRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      name: { type: DataTypes.TEXT, allowNull: false },
      planTier: { type: DataTypes.TEXT, allowNull: false },
      deliveryNetworks: { type: DataTypes.JSONB, allowNull: false },
      ipAllowlist: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false, defaultValue: [] },
      createdAt: { type: DataTypes.DATE, allowNull: false },
    },
    { sequelize, modelName: "Company", tableName: "companies" },
  );
}

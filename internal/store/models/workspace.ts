import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Sequelize,
} from "sequelize";
import type { CompanyRow } from "./company.ts";

export class WorkspaceRow extends Model<InferAttributes<WorkspaceRow>, InferCreationAttributes<WorkspaceRow>> {
  declare id: string;
  declare companyId: string;
  declare name: string;
  declare region: string;
  /** A bigint: text, so that no digit is lost. */
  declare endpointsVersion: CreationOptional<string>;
  declare createdAt: Date;
  declare company?: NonAttribute<CompanyRow>;
}

export function defineWorkspace(sequelize: Sequelize): typeof WorkspaceRow {
  return class Workspace extends WorkspaceRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      companyId: { type: DataTypes.UUID, allowNull: false },
      name: { type: DataTypes.TEXT, allowNull: false },
      region: { type: DataTypes.TEXT, allowNull: false },
      endpointsVersion: { type: DataTypes.BIGINT, allowNull: false, defaultValue: "0" },
      createdAt: { type: DataTypes.DATE, allowNull: false },
    },
    { sequelize, modelName: "Workspace", tableName: "workspaces" },
  );
}

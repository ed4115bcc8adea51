import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from "sequelize";
import type { AuditEntry, FieldChange } from "../../domain/audit.ts";
import type { IdKind } from "../../domain/ids.ts";

export class AuditEntryRow extends Model<InferAttributes<AuditEntryRow>, InferCreationAttributes<AuditEntryRow>> {
  declare id: string;
  declare companyId: string;
  declare workspaceId: string | null;
  declare keyId: string | null;
  declare resourceId: string | null;
  declare createdAt: Date;
  declare actorKind: AuditEntry["actor"]["kind"];
  declare address: string;
  declare requestId: string;
  declare method: string;
  declare resourceKind: IdKind | null;
  declare changes: FieldChange[];
  declare status: AuditEntry["outcome"]["status"];
  declare reason: string;
}

export function defineAuditEntry(sequelize: Sequelize): typeof AuditEntryRow {
  return class AuditEntry extends AuditEntryRow {}.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      companyId: { type: DataTypes.UUID, allowNull: false },
      workspaceId: { type: DataTypes.UUID },
      keyId: { type: DataTypes.UUID },
      resourceId: { type: DataTypes.UUID },
      createdAt: { type: DataTypes.DATE, allowNull: false },
      actorKind: { type: DataTypes.TEXT, allowNull: false },
      address: { type: DataTypes.TEXT, allowNull: false },
      requestId: { type: DataTypes.TEXT, allowNull: false },
      method: { type: DataTypes.TEXT, allowNull: false },
      resourceKind: { type: DataTypes.TEXT },
      changes: { type: DataTypes.JSONB, allowNull: false },
      status: { type: DataTypes.TEXT, allowNull: false },
      reason: { type: DataTypes.TEXT, allowNull: false },
    },
    { sequelize, modelName: "AuditEntry", tableName: "audit_log" },
  );
}

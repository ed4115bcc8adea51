import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from "sequelize";

export class EndpointStatisticsRow extends Model<
  InferAttributes<EndpointStatisticsRow>,
  InferCreationAttributes<EndpointStatisticsRow>
> {
  declare endpointId: string;
  /** Bigints, as text. */
  declare attempts: CreationOptional<string>;
  declare succeeded: CreationOptional<string>;
  declare failed: CreationOptional<string>;
  declare consecutiveFailures: CreationOptional<number>;
  declare lastSuccessAt: CreationOptional<Date | null>;
  declare lastFailureAt: CreationOptional<Date | null>;
  declare lastStatus: CreationOptional<number | null>;
}

export function defineEndpointStatistics(sequelize: Sequelize): typeof EndpointStatisticsRow {
  // Sequelize notes the column in the object it is given: one for each.
  const counter = () => ({ type: DataTypes.BIGINT, allowNull: false, defaultValue: "0" });
  return class EndpointStatistics extends EndpointStatisticsRow {}.init(
    {
      endpointId: { type: DataTypes.UUID, primaryKey: true },
      attempts: counter(),
      succeeded: counter(),
      failed: counter(),
      consecutiveFailures: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      lastSuccessAt: { type: DataTypes.DATE },
      lastFailureAt: { type: DataTypes.DATE },
      lastStatus: { type: DataTypes.INTEGER },
    },
    { sequelize, modelName: "EndpointStatistics", tableName: "endpoint_statistics" },
  );
}

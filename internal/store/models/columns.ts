import type { Model, ModelStatic } from "sequelize";

/** A model's columns, for statements that do not pass through it: they are named as its attributes. */
export interface Columns {
  /** `project_id, …` */
  fields: string;
  /** `"projectId", …` */
  attributes: string;
  /** `"projectId" UUID, …`: of a record made from JSON. */
  declared: string;
  /** `e.project_id AS "projectId", …` */
  selected(from: string): string;
}

export function columnsOf(model: ModelStatic<Model>): Columns {
  const columns = Object.entries(model.getAttributes()).map(([attribute, { field = attribute, type }]) => {
    const sqlType = typeof type === "string" ? type : (type as { toSql(): string }).toSql();
    return { attribute: `"${attribute}"`, field, sqlType };
  });
  return {
    fields: columns.map(({ field }) => field).join(", "),
    attributes: columns.map(({ attribute }) => attribute).join(", "),
    declared: columns.map(({ attribute, sqlType }) => `${attribute} ${sqlType}`).join(", "),
    selected: (from) => columns.map(({ attribute, field }) => `${from}.${field} AS ${attribute}`).join(", "),
  };
}

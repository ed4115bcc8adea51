import { Op, type Order, type WhereOptions } from "sequelize";
import type { Slice } from "../../domain/paging.ts";

/** A slice of what `where` finds, as options of a query. */
export function sliced({ before, limit }: Slice, where: Record<string, string | null> = {}) {
  const below: WhereOptions = before === undefined ? {} : { id: { [Op.lt]: before } };
  return { where: { ...where, ...below }, order: [["id", "DESC"]] satisfies Order, limit } as const;
}

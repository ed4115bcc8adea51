import { api } from "./api.ts";
import { delivery } from "./delivery.ts";
import { operator } from "./operator.ts";
import { overview } from "./overview.ts";
import { runtime } from "./runtime.ts";

/** By the name of their file in deploy/dashboards. */
export const dashboards = { overview, delivery, api, operator, runtime };

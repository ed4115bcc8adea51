import type { Cidr } from "../../network/cidr.ts";
import { setting } from "../setting.ts";
import type { NoProxy } from "../values.ts";

/** Which way deliveries leave, and where they never go. */
export const egress = {
  EGRESS_DENY_CIDRS: setting<readonly Cidr[]>({
    default: [],
    format: "cidrs",
    unit: "blocks of addresses",
    doc: "What no endpoint may reach, beside all that is not public: the cluster's pods, services and nodes.",
    shownDefault: "none",
  }),
  EGRESS_PROXY_URL: setting<string>({
    default: "",
    format: "proxy-url-or-none",
    unit: "address",
    doc: "The proxy (HTTP CONNECT) through which deliveries leave: http:// or https://, user and password allowed.",
    sensitive: true,
    shownDefault: "none",
    example: "http://egress-proxy:3128",
  }),
  EGRESS_NO_PROXY: setting<NoProxy>({
    default: { names: [], cidrs: [] },
    format: "no-proxy",
    unit: "names and blocks of addresses",
    doc: "What deliveries reach past the proxy: names, with all that end in them, and blocks of addresses.",
    shownDefault: "none",
  }),
} as const;

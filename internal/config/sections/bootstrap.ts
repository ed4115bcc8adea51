import type { Cidr } from "../../network/cidr.ts";
import { setting } from "../setting.ts";

/** The first company, workspace and keys of an installation. */
export const bootstrap = {
  BOOTSTRAP_API_URL: setting<string>({
    default: null,
    format: "http-url",
    unit: "address",
    doc: "Where the API serves gRPC to bootstrap: https://, or http:// for plain text.",
    example: "https://sealpost-api.sealpost-system.svc:50051",
  }),
  BOOTSTRAP_API_CA_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The authorities (PEM) that may sign the API's certificate.",
    shownDefault: "those that Node.js knows",
  }),
  BOOTSTRAP_COMPANY_NAME: setting<string>({
    default: "default",
    format: "line",
    unit: "text",
    doc: "The company that bootstrap makes; one that has this name already is taken.",
  }),
  BOOTSTRAP_COMPANY_ID: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "id",
    doc: "A company that is there already, com_…: a second region's, or one of several of the same name.",
    shownDefault: "found by name, or made",
  }),
  BOOTSTRAP_PLAN_TIER: setting<"FREE" | "GROWTH" | "ENTERPRISE">({
    default: "GROWTH",
    format: ["FREE", "GROWTH", "ENTERPRISE"],
    unit: "word",
    doc: "The plan of a company that bootstrap makes.",
  }),
  BOOTSTRAP_WORKSPACE_NAME: setting<string>({
    default: "default",
    format: "line",
    unit: "text",
    doc: "The workspace that bootstrap makes; one that has this name and region already is taken.",
  }),
  BOOTSTRAP_REGION: setting<string>({
    default: null,
    format: "region-name",
    unit: "name",
    doc: "The workspace's region, one of the API's SEALPOST_REGIONS.",
    example: "us",
  }),
  BOOTSTRAP_ALLOWED_CIDRS: setting<readonly Cidr[]>({
    default: null,
    format: "cidrs",
    unit: "blocks of addresses",
    doc: "From where the company's keys may manage: the cluster's pods. What is on the list besides stays.",
    example: "10.244.0.0/16",
  }),
  BOOTSTRAP_CONTROLLER_OPERATIONS_PER_MINUTE: setting<number>({
    default: 6_000,
    format: "whole",
    unit: "calls",
    doc: "How many management operations the controller's key may make in any minute.",
  }),
  BOOTSTRAP_CONTROLLER_READS_PER_MINUTE: setting<number>({
    default: 60_000,
    format: "whole",
    unit: "calls",
    doc: "How many reads the controller's key may make in any minute.",
  }),
  BOOTSTRAP_DELIVERY_CIDRS: setting<readonly Cidr[]>({
    default: [],
    format: "cidrs",
    unit: "blocks of addresses",
    doc: "Private networks that the company's endpoints may reach: for a trial inside a cluster.",
    shownDefault: "none",
  }),
  BOOTSTRAP_DELIVERY_NAME_SUFFIXES: setting<readonly string[]>({
    default: [],
    format: "name-suffixes",
    unit: "names",
    doc: "Ends of private names that the company's endpoints may have, such as svc.cluster.local.",
    shownDefault: "none",
  }),
  BOOTSTRAP_DELIVERY_ALLOW_HTTP: setting<"true" | "false">({
    default: "false",
    format: ["true", "false"],
    unit: "word",
    doc: "Whether endpoints may reach BOOTSTRAP_DELIVERY_CIDRS over http:// too.",
  }),
  BOOTSTRAP_NAMESPACE: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "The Kubernetes namespace in which bootstrap leaves the keys as Secrets.",
    shownDefault: "bootstrap's own namespace",
  }),
  BOOTSTRAP_KEYS_SECRET: setting<string>({
    default: "sealpost-keys",
    format: "name-or-none",
    unit: "name",
    doc: "The Secret for companyId, companyKey, workspaceId and workspaceKey; a Lease of this name lets one run at a time.",
  }),
  BOOTSTRAP_CONTROLLER_SECRET: setting<string>({
    default: "",
    format: "name-or-none",
    unit: "name",
    doc: "The Secret for the controller's company key, under the name key.",
    shownDefault: "none: no key for a controller",
  }),
  BOOTSTRAP_REPLACE_SECRETS: setting<"true" | "false">({
    default: "false",
    format: ["true", "false"],
    unit: "word",
    doc: "Whether Secrets of a company that the API does not have are written anew: for a trial, whose database may go.",
  }),
  BOOTSTRAP_TIMEOUT: setting<number>({
    default: 300_000,
    format: "duration",
    unit: "duration",
    doc: "How long bootstrap waits for the API.",
  }),
} as const;

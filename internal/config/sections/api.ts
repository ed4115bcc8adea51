import type { Cidr } from "../../network/cidr.ts";
import { makeKey, setting } from "../setting.ts";

/** What the API serves, and to whom. */
export const api = {
  GRPC_PORT: setting<number>({
    default: 50_051,
    format: "port",
    unit: "port",
    doc: "Where the API serves gRPC; 0 means any free one.",
  }),
  HTTP_PORT: setting<number>({
    default: 3000,
    format: "port",
    unit: "port",
    doc: "Where the API serves HTTP/JSON; 0 means any free one.",
  }),
  TLS_CERT_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The certificate (PEM, its chain after it) of gRPC and HTTP, at least TLS 1.2; followed when it changes.",
    shownDefault: "none: plain text, which production refuses",
  }),
  TLS_KEY_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "The private key (PEM, without a passphrase) of TLS_CERT_FILE.",
    shownDefault: "none",
  }),
  TLS_CLIENT_CA_FILE: setting<string>({
    default: "",
    format: "String",
    unit: "file",
    doc: "Authorities (PEM): with it, clients of gRPC and HTTP must show a certificate that one of them signed.",
    shownDefault: "none: clients need no certificate",
  }),
  ALLOW_PLAINTEXT_API: setting<"true" | "false">({
    default: "false",
    format: ["true", "false"],
    unit: "word",
    doc: "Whether gRPC and HTTP may be plain text in production: when a mesh or a proxy in front speaks TLS.",
  }),
  GRPC_REFLECTION: setting<"auto" | "on" | "off">({
    default: "auto",
    format: ["auto", "on", "off"],
    unit: "word",
    doc: "Whether gRPC describes itself to grpcurl and the like, without asking for a key.",
    shownDefault: "on in development, off in production",
  }),
  TRUSTED_PROXIES: setting<readonly Cidr[]>({
    default: [],
    format: "cidrs",
    unit: "blocks of addresses",
    doc: "The proxies in front of gRPC and HTTP whose X-Forwarded-For says where a call comes from; nobody else's does.",
    shownDefault: "none",
  }),
  SEALPOST_ADMIN_KEY: setting<string>({
    default: "",
    format: "secret-or-none",
    unit: "text",
    doc: "The key of the operator, which makes companies, workspaces and API keys; without it, nobody can.",
    sensitive: true,
    shownDefault: "none: TenantService refuses everybody",
    madeWith: makeKey,
  }),
  SEALPOST_KEY_PEPPER: setting<string>({
    default: null,
    format: "hex-key-64",
    unit: "hex digits",
    doc: "The key with which API keys are hashed before they are stored; with another one, no key given out is known.",
    sensitive: true,
    madeWith: makeKey,
  }),
  MANAGEMENT_OPERATIONS_PER_MINUTE: setting<number>({
    default: 10,
    format: "whole",
    unit: "calls",
    doc: "How many management operations a key may make in any minute, unless it was made with another limit.",
  }),
  MANAGEMENT_READS_PER_MINUTE: setting<number>({
    default: 600,
    format: "whole",
    unit: "calls",
    doc: "How many reads a key may make in any minute, unless it was made with another limit.",
  }),
  ENDPOINTS_PER_WORKSPACE: setting<number>({
    default: 1000,
    format: "whole",
    unit: "endpoints",
    doc: "How many endpoints a workspace may have.",
  }),
} as const;

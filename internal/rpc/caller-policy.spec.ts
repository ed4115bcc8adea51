import { create, createFileRegistry, type DescMethod, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "@jest/globals";
import { callerPolicy } from "./caller-policy.ts";
import { DeliveryService } from "./gen/sealpost/v1/delivery_pb.js";
import { EventService } from "./gen/sealpost/v1/event_pb.js";
import { callers } from "./gen/sealpost/v1/options_pb.js";
import { TenantService } from "./gen/sealpost/v1/tenant_pb.js";
import { WebhookEndpointService } from "./gen/sealpost/v1/webhook_endpoint_pb.js";

const admin = { kind: "admin" } as const;
const company = { kind: "company", keyId: "k", companyId: "c" } as const;
const workspace = { kind: "workspace", keyId: "k", companyId: "c", workspaceId: "w" } as const;

describe("callerPolicy", () => {
  it("lets in who is named, and tells the others which key is needed", () => {
    const policy = callerPolicy(EventService.method.publishEvent);
    expect(() => policy(workspace)).not.toThrow();
    for (const other of [admin, company]) expect(() => policy(other)).toThrow("PublishEvent needs a workspace key");
    const read = callerPolicy(EventService.method.getEvent);
    expect(() => read(company)).not.toThrow();
    expect(() => read(workspace)).not.toThrow();
    expect(() => read(admin)).toThrow("GetEvent needs a company key or a workspace key; this is the admin key");
  });

  it("refuses everybody where nobody is named", () => {
    const service = [{ name: "S", method: [{ name: "M", inputType: ".X", outputType: ".X" }] }];
    const file = [{ name: "x.proto", syntax: "proto3", messageType: [{ name: "X" }], service }];
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
    const policy = callerPolicy(registry.getService("S")?.methods[0] as DescMethod);
    for (const caller of [admin, company, workspace]) expect(() => policy(caller)).toThrow("nobody may call it");
  });

  it("is named on every method of the API", () => {
    for (const service of [DeliveryService, EventService, TenantService, WebhookEndpointService]) {
      for (const method of service.methods) {
        expect([method.name, getOption(method, callers).length > 0]).toEqual([method.name, true]);
      }
    }
  });
});

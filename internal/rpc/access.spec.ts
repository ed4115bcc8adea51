import { create, createFileRegistry, type DescMethod } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "@jest/globals";
import { permissions } from "../domain/permissions.ts";
import { accessOf } from "./access.ts";
import { EventService } from "./gen/sealpost/v1/event_pb.js";
import { PermissionSchema } from "./gen/sealpost/v1/options_pb.js";
import { TenantService } from "./gen/sealpost/v1/tenant_pb.js";
import { apiMethods, type EdgeApis } from "./methods.ts";

describe("accessOf", () => {
  it("reads what stands beside the method", () => {
    expect(accessOf(EventService.method.publishEvent)).toEqual({ permission: "PUBLISH_EVENTS", operation: "PUBLISH" });
    expect(accessOf(TenantService.method.listCompanies)).toEqual({ permission: "MANAGE_TENANTS", operation: "READ" });
  });

  it("finds nothing where nothing is declared", () => {
    const service = [{ name: "S", method: [{ name: "M", inputType: ".X", outputType: ".X" }] }];
    const file = [{ name: "x.proto", syntax: "proto3", messageType: [{ name: "X" }], service }];
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
    expect(accessOf(registry.getService("S")?.methods[0] as DescMethod)).toBeUndefined();
  });

  it("is declared on every method of the API", () => {
    for (const { name, descriptor } of apiMethods({} as EdgeApis, { error: () => {} })) {
      expect([name, accessOf(descriptor)]).toEqual([name, expect.anything()]);
    }
  });

  it("has the domain's permissions by the same names", () => {
    expect(PermissionSchema.values.map(({ name }) => name)).toEqual(["NO_PERMISSION", ...permissions]);
  });
});

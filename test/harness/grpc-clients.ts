import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const protos = fileURLToPath(new URL("../../proto", import.meta.url));
const files = ["tenant", "webhook_endpoint", "event", "delivery", "audit"].map((name) => `sealpost/v1/${name}.proto`);

/** A service's methods; they reject with a grpc.ServiceError. */
export type Methods<Name extends string> = Record<Name, <Answer = unknown>(request: object) => Promise<Answer>>;

export interface GrpcClients {
  tenants: Methods<
    | "createCompany"
    | "getCompany"
    | "listCompanies"
    | "setPlanTier"
    | "setDeliveryNetworks"
    | "setIpAllowlist"
    | "createWorkspace"
    | "listWorkspaces"
    | "createProject"
    | "listProjects"
    | "createApiKey"
    | "listApiKeys"
    | "revokeApiKey"
  >;
  endpoints: Methods<
    | "createWebhookEndpoint"
    | "getWebhookEndpoint"
    | "listWebhookEndpoints"
    | "updateWebhookEndpoint"
    | "rotateWebhookEndpointSecret"
    | "enableWebhookEndpoint"
    | "disableWebhookEndpoint"
    | "deleteWebhookEndpoint"
  >;
  events: Methods<"publishEvent" | "batchPublishEvents" | "getEvent">;
  deliveries: Methods<"listDeliveries" | "getDelivery" | "retryDelivery">;
  audit: Methods<"listAuditEntries">;
  close(): void;
}

type Call = (request: object, metadata: grpc.Metadata, done: grpc.requestCallback<unknown>) => void;
type Stub = grpc.Client & Record<string, Call>;
interface StubClass {
  new (address: string, credentials: grpc.ChannelCredentials): Stub;
  service: grpc.ServiceDefinition;
}

/** The API over gRPC on `address` (`host:port`), as any client that has only the .proto files would have it. */
export function grpcClients(
  address: string,
  key?: string,
  credentials = grpc.credentials.createInsecure(),
  headers: { [name: string]: string } = {},
): GrpcClients {
  const loaded = protoLoader.loadSync(files, {
    includeDirs: [protos],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const { sealpost } = grpc.loadPackageDefinition(loaded) as unknown as {
    sealpost: { v1: Record<string, StubClass> };
  };
  const metadata = new grpc.Metadata();
  if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const open: grpc.Client[] = [];

  function methods<Name extends string>(service: string): Methods<Name> {
    const Service = sealpost.v1[service];
    if (!Service) throw new Error(`the .proto files have no ${service}`);
    const stub = new Service(address, credentials);
    open.push(stub);
    const call = (name: string) => (request: object) =>
      new Promise<unknown>((resolve, reject) =>
        stub[name]?.(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer))),
      );
    const names = Object.values(Service.service).map(({ originalName }) => originalName ?? "");
    return Object.fromEntries(names.map((name) => [name, call(name)])) as Methods<Name>;
  }
  return {
    tenants: methods("TenantService"),
    endpoints: methods("WebhookEndpointService"),
    events: methods("EventService"),
    deliveries: methods("DeliveryService"),
    audit: methods("AuditService"),
    close: () => {
      for (const stub of open) stub.close();
    },
  };
}

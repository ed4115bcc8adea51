import { readdirSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { create, type DescFile, type DescMethodUnary, type Message } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseId } from "../../../internal/domain/ids.ts";
import { permissionsOf } from "../../../internal/domain/permissions.ts";
import { accessOf } from "../../../internal/rpc/access.ts";
import { client } from "../../harness/client.ts";
import { Road } from "../../harness/road.ts";
import { type Answer, type Caller, comparable, overGrpc, overHttp } from "./calls.ts";
import { type IdField, idFields, type Kind } from "./id-fields.ts";
import { methods } from "./methods.ts";
import { type Keys, randomOf, World } from "./world.ts";

const folder = path.join(import.meta.dirname, "../../../internal/rpc/gen/sealpost/v1");
const files = await Promise.all(
  readdirSync(folder)
    .filter((name) => name.endsWith("_pb.js"))
    .map((name) => import(path.join(folder, name)) as Promise<Record<string, unknown>>),
);
const services = files.flatMap((one) => Object.values(one).flatMap((value) => (isFile(value) ? value.services : [])));
const described = services.flatMap((service) =>
  service.methods.map((method) => ({ name: `${service.name}/${method.name}`, method: method as DescMethodUnary })),
);

function isFile(value: unknown): value is DescFile {
  return (value as DescFile | undefined)?.kind === "file";
}

type KeyKind = keyof Keys;
const keyKinds: KeyKind[] = ["admin", "company", "workspace"];

let road: Road;
let worlds: Record<"own" | "sibling project" | "sibling workspace" | "other company", World>;
let grpc: ReturnType<typeof overGrpc>;
let protocols: [string, Caller][];
let foreignBefore: string[];

beforeAll(async () => {
  const env = {
    ENDPOINTS_PER_WORKSPACE: "100000",
    MANAGEMENT_OPERATIONS_PER_MINUTE: "100000",
    MANAGEMENT_READS_PER_MINUTE: "100000",
  };
  road = await Road.start({ env });
  const [api] = road.system.apis;
  if (api === undefined) throw new Error("there is no api");
  const other = await road.system.tenant();
  const admin = client(api.http, road.system.adminKey);
  const make = async (path: string, body: object) => {
    const made = await admin.post<{ id: string; key: string }>(path, body);
    if (made.status !== 200) throw new Error(`${path}: ${made.text}`);
    return made.body;
  };
  const { companyId, workspaceId, projectId, companyKey, workspaceKey } = road.tenant;
  const keys = { admin: road.system.adminKey, company: companyKey, workspace: workspaceKey };
  const workspace2 = (await make(`/v1/companies/${companyId}/workspaces`, { name: "w2", region: "us" })).id;
  const project2 = (await make(`/v1/workspaces/${workspaceId}/projects`, { name: "p2" })).id;
  const project3 = (await make(`/v1/workspaces/${workspace2}/projects`, { name: "p3" })).id;
  const key2 = (await make(`/v1/companies/${companyId}/keys`, { name: "k2", workspaceId: workspace2 })).key;
  // What the foreigners need for a second page of each list.
  await make(`/v1/companies/${other.companyId}/workspaces`, { name: "w2", region: "us" });
  for (const id of [other.workspaceId, workspace2]) await make(`/v1/workspaces/${id}/projects`, { name: "p" });
  worlds = {
    own: await World.make(road, { companyId, workspaceId, projectId, keys }),
    "sibling project": await World.make(road, { companyId, workspaceId, projectId: project2, keys }),
    "sibling workspace": await World.make(road, {
      ...{ companyId, workspaceId: workspace2, projectId: project3 },
      keys: { ...keys, workspace: key2 },
    }),
    "other company": await World.make(road, {
      ...{ companyId: other.companyId, workspaceId: other.workspaceId, projectId: other.projectId },
      keys: { admin: keys.admin, company: other.companyKey, workspace: other.workspaceKey },
    }),
  };
  grpc = overGrpc(api.grpc);
  protocols = [
    ["gRPC", grpc.call],
    ["HTTP", overHttp(api.http)],
  ];
  foreignBefore = await ofForeigners();
});
afterAll(async () => {
  grpc?.close();
  await road?.[Symbol.asyncDispose]();
});

/** What a neighbour has, as rows of the record; what it makes itself comes on top. */
async function ofForeigners(): Promise<string[]> {
  const rows = await road.record.query<{ row: string }>(
    `with theirs as (select id from workspaces where company_id = $1)
    select row_to_json(c)::text as row from companies c where c.id = $1
    union all select (to_jsonb(w) - 'endpoints_version')::text from workspaces w where w.id in (select id from theirs)
    union all select row_to_json(p)::text from projects p where p.workspace_id in (select id from theirs)
    union all select row_to_json(e)::text from webhook_endpoints e where e.workspace_id in (select id from theirs)
    union all select row_to_json(j)::text from webhook_jobs j where j.workspace_id in (select id from theirs)`,
    [parseId("company", worlds["other company"].fixed.company)],
  );
  return rows.map(({ row }) => row);
}

/** Where something of which there is none is as good as anything: it is a name to be given, or a filter. */
const free = new Set([
  "managed_by.uid",
  "idempotency_key",
  "events[].idempotency_key",
  "AuditService/ListAuditEntries key_id",
  "AuditService/ListAuditEntries resource_id",
]);

/** What happened to an endpoint is still told after it was deleted. */
const kept = new Set(["DeliveryService/ListDeliveries webhook_id", "AuditService/ListAuditEntries resource_id"]);

/** The kinds of things that a project, a workspace or a company holds. */
const held = new Set<Kind>(["company", "workspace", "project", "endpoint", "delivery", "event"]);

/** Asks for a value, and notes what is wrong with the answer. */
type Look = (whose: string, value: string, more?: (message: Message) => void) => Promise<void>;

describe.each(described)("$name", ({ name, method }) => {
  const fields = idFields(method.input);
  const permission = accessOf(method)?.permission;
  const allowed = keyKinds.filter((kind) => permission !== undefined && permissionsOf[kind].has(permission));

  /** A valid request, and the values that name something in it after `change`. */
  async function request(change: (message: Message) => unknown, of = worlds.own): Promise<[Message, string[]]> {
    const message = create(method.input, (await methods[name]?.(of)) as never);
    await change(message);
    return [message, fields.map((field) => field.get(message))];
  }

  async function ask(call: Caller, key: KeyKind, change: (message: Message) => unknown) {
    const [message, asked] = await request(change);
    const answer = await call(method, message, worlds.own.scope.keys[key]);
    const text = comparable(answer, asked);
    if (key !== "admin") expectNoLeak(text, key);
    return { answer, text };
  }

  it("names nothing that the matrix does not fill in", async () => {
    const [message] = await request(() => {});
    const empty = fields.filter((field) => field.kind !== "pageToken" && field.get(message) === "");
    expect(empty.map(({ path }) => path)).toEqual([]);
  });

  it.each(keyKinds.filter((kind) => !allowed.includes(kind)))(
    "is refused to a %s key, whatever is asked",
    async (kind) => {
      for (const [, call] of protocols) {
        const own = await ask(call, kind, () => {});
        expect(own.answer.code).toBe(permissionDenied);
        for (const field of fields) {
          expect((await ask(call, kind, (message) => field.set(message, randomOf(field.kind)))).text).toBe(own.text);
        }
      }
    },
  );

  it.each(allowed)("answers a %s key the same for what is foreign and for what is not there", async (kind) => {
    const differences: string[] = [];
    for (const [protocol, call] of protocols) {
      const found: string[] = [];
      const own = await ask(call, kind, () => {});
      if (refused(own.answer)) found.push(`its own is refused: ${own.text}`);
      for (const field of fields) {
        const ofField = await differencesOf(field, kind, call);
        found.push(...ofField.map((what) => `${field.path}: ${what}`));
      }
      if (kind !== "admin") found.push(...(await allForeign(kind, call)));
      differences.push(...found.map((what) => `${protocol}, ${what}`));
    }
    expect(differences).toEqual([]);
    expect(await ofForeigners()).toEqual(expect.arrayContaining(foreignBefore));
  });

  /** One field of a valid request names something else. */
  async function differencesOf(field: IdField, kind: KeyKind, call: Caller): Promise<string[]> {
    const differences: string[] = [];
    const random = await ask(call, kind, (message) => field.set(message, randomOf(field.kind)));
    const isFree = free.has(field.path) || free.has(`${name} ${field.path}`);
    if (refused(random.answer) === isFree) differences.push(`what is not there is answered ${random.text}`);

    const hidden: Look = async (whose, value) => {
      const { text } = await ask(call, kind, (message) => field.set(message, value));
      if (text !== random.text) differences.push(`${whose} is answered ${text}, and what is not there ${random.text}`);
    };
    const shown: Look = async (whose, value, more = () => {}) => {
      const { answer, text } = await ask(call, kind, (message) => {
        field.set(message, value);
        more(message);
      });
      // What is shown may be in a state that does not allow the operation.
      if (refused(answer) && answer.code !== failedPrecondition) differences.push(`${whose} is answered ${text}`);
    };
    if (!isFree) await hidden("what is no id", "nonsense");
    if (field.kind === "pageToken") await lookAtTokens(kind, call, hidden, shown);
    else await lookAtIds({ ...field, kind: field.kind }, kind, hidden, shown);
    return differences;
  }

  async function lookAtTokens(kind: KeyKind, call: Caller, hidden: Look, shown: Look): Promise<void> {
    await shown("its own", await tokenOf(worlds.own, kind, call));
    const [, asked] = await request(() => {});
    for (const whose of ["sibling project", "sibling workspace", "other company"] as const) {
      const [, others] = await request(() => {}, worlds[whose]);
      // Otherwise it is one and the same list.
      if (!isDeepStrictEqual(asked, others)) await hidden(`a ${whose}'s`, await tokenOf(worlds[whose], kind, call));
    }
  }

  async function lookAtIds(
    field: IdField & { kind: Exclude<Kind, "pageToken"> },
    kind: KeyKind,
    hidden: Look,
    shown: Look,
  ): Promise<void> {
    // Names that a caller gives: what is looked at must not have been given before.
    const given = field.kind === "manager" || field.kind === "idempotencyKey";
    const other = worlds["other company"];
    // The operator may ask about every company, but what belongs to one is not found under another.
    if (kind !== "admin" || field.path !== fields[0]?.path) {
      await hidden("another company's", given ? await other.expendable(field.kind) : other.fixed[field.kind]);
    }
    if (kind === "admin") return;
    if ((field.kind === "endpoint" || field.kind === "manager") && !kept.has(`${name} ${field.path}`)) {
      await hidden("what was deleted", (await worlds.own.deletedEndpoint())[field.kind]);
    }
    const workspaceOnly = field.kind === "idempotencyKey";
    if (!held.has(field.kind) && !workspaceOnly) return;
    if (!workspaceOnly) await shown("a sibling project's", await worlds["sibling project"].expendable(field.kind));
    const sibling = worlds["sibling workspace"];
    const value = await sibling.expendable(field.kind);
    // A project is named within a workspace: under another one there is none.
    if (kind === "workspace" || workspaceOnly || field.kind === "project") await hidden("a sibling workspace's", value);
    else {
      await shown("a sibling workspace's", value, (message) => {
        if (field.kind !== "workspace") return;
        fields.find((one) => one.kind === "project")?.set(message, sibling.fixed.project);
      });
    }
  }

  /** Everything that is asked about is another company's, and fits together. */
  async function allForeign(kind: KeyKind, call: Caller): Promise<string[]> {
    const named = fields.filter((field) => field.kind !== "pageToken" && field.kind !== "idempotencyKey");
    const other = worlds["other company"].fixed;
    const set = (value: (of: Kind) => string) => (message: Message) => {
      for (const field of named) field.set(message, value(field.kind));
    };
    const foreign = await ask(
      call,
      kind,
      set((of) => other[of as keyof typeof other]),
    );
    const random = await ask(call, kind, set(randomOf));
    if (refused(foreign.answer) && foreign.text === random.text) return [];
    return [`all of another company's is answered ${foreign.text}, and what is not there ${random.text}`];
  }

  /** The token of a list's second page. */
  async function tokenOf(world: World, kind: KeyKind, call: Caller): Promise<string> {
    const [first] = await request(() => {}, world);
    const token = (await call(method, first, world.scope.keys[kind])).body["nextPageToken"];
    if (typeof token !== "string" || token === "") throw new Error(`${name}: the list has no second page`);
    return token;
  }
});

const permissionDenied = 7;
const failedPrecondition = 9;

/** Also of a batch's item. */
function refused({ code, body }: Answer): boolean {
  return code !== 0 || JSON.stringify(body).includes('"error":{"code"');
}

/** An answer never shows what the key may not see. */
function expectNoLeak(text: string, key: KeyKind): void {
  const unseen = [worlds["other company"], ...(key === "workspace" ? [worlds["sibling workspace"]] : [])];
  for (const { fixed } of unseen) {
    for (const [kind, value] of Object.entries(fixed)) {
      if (kind === "company" && key === "workspace" && value === worlds.own.fixed.company) continue;
      if (text.includes(value)) throw new Error(`the ${kind} of somebody else is shown: ${text}`);
    }
  }
}

import { isDeepStrictEqual } from "node:util";
import { decide } from "./decide.ts";
import type { Handed, Observed, Step, Verdict } from "./decision.ts";
import { parseGoDuration } from "./duration.ts";
import { ApiRefusal, type Cluster, type EndpointApi, SecretRefusal } from "./ports.ts";
import { ownSecretName } from "./references.ts";
import type { SecretObject, WebhookEndpoint, WebhookEndpointStatus } from "./resource.ts";
import { nextSecret } from "./signing-secret.ts";
import { statusAfter } from "./status.ts";
import { eventOfStatus, eventOfStep } from "./tell.ts";

export interface ReconcilerOptions {
  api: EndpointApi;
  cluster: Cluster;
  /** Names the cluster to the API. */
  clusterName: string;
  /** The workspace that a namespace's label names. */
  workspaceOf: (namespace: string) => string | undefined;
  /** How often everything is looked at when nothing changes, in ms. */
  resyncMs: number;
  newSecret: () => string;
  now?: () => Date;
  /** 0 to 1. */
  random?: () => number;
}

/** When to reconcile a resource again, in ms; undefined: when it changes. */
export interface Reconciled {
  againMs: number | undefined;
  /** Why somebody has to do something first; undefined: nobody has. */
  stalled: string | undefined;
}

/** More steps than any resource needs. */
const maxSteps = 20;
/** Resyncs are spread by as much to both sides, so that those that started together do not stay together. */
const jitter = 0.1;

/** Brings the endpoint and the Secret of one resource to what its spec wants, and says in its status how it stands. */
export class Reconciler {
  readonly #options: Required<ReconcilerOptions>;

  constructor(options: ReconcilerOptions) {
    this.#options = { now: () => new Date(), random: Math.random, ...options };
  }

  /**
   * @throws ApiRefusal when the API does not answer, and SecretRefusal when the API server fails, which the status says
   * by then; Error for what else the API server refuses. All may be tried again.
   */
  async reconcile(found: WebhookEndpoint): Promise<Reconciled> {
    const { clusterName, workspaceOf, now } = this.#options;
    const secrets = new Map<string, SecretObject | null>();
    const observed: Observed = {
      now: now(),
      resource: found,
      cluster: clusterName,
      label: workspaceOf(found.metadata.namespace),
      secrets,
      remote: undefined,
      handed: handedBefore(found.status),
    };
    let told = false;
    for (let steps = 0; steps < maxSteps; steps++) {
      const decision = decide(observed);
      if ("settled" in decision) {
        if (observed.gone) return { againMs: undefined, stalled: undefined };
        return this.#settle(observed, decision.settled, told);
      }
      const { step } = decision;
      try {
        await this.#make(step, observed, secrets);
      } catch (error) {
        if (error instanceof SecretRefusal) {
          observed.secretRefusal = error;
          continue;
        }
        if (!(error instanceof ApiRefusal)) throw error;
        // It went in between: look again.
        if (error.status === "NOT_FOUND" && error.resource.type === "webhook") observed.remote = undefined;
        else observed.refusal = error;
        continue;
      }
      const event = eventOfStep(step, observed);
      if (event) this.#options.cluster.event(observed.resource, event);
      told ||= event !== undefined;
    }
    throw new Error(`${found.metadata.namespace}/${found.metadata.name} does not come to rest`);
  }

  async #make(step: Step, observed: Observed, secrets: Map<string, SecretObject | null>): Promise<void> {
    const { api, cluster, newSecret } = this.#options;
    const { resource } = observed;
    const { namespace, name, uid } = resource.metadata;
    const managedBy = { cluster: observed.cluster, namespace, name, uid };
    switch (step.do) {
      case "setFinalizer":
        observed.resource = await cluster.setFinalizer(resource, step.held);
        if (!step.held) observed.gone = true;
        else if (resource.status?.endpointID === undefined && !resource.spec.externalID) {
          // There can be no endpoint from before its first finalizer, and as a rule no Secret: one that was left over is
          // not overwritten, but found when it cannot be made.
          observed.remote = null;
          const secret = ownSecretName(resource);
          if (secret !== undefined) secrets.set(secret, null);
        }
        return;
      case "readSecrets": {
        const read = step.names.map(async (each) => [each, await cluster.readSecret(namespace, each)] as const);
        for (const [each, secret] of await Promise.all(read)) secrets.set(each, secret ?? null);
        return;
      }
      case "writeSecret": {
        const next = nextSecret(resource, secrets.get(step.name) ?? null, step.change, newSecret(), observed.now);
        secrets.set(step.name, await cluster.writeSecret(next));
        return;
      }
      case "readEndpoint": {
        const id = resource.status?.endpointID ?? resource.spec.externalID;
        observed.remote = (id && (await api.get(id))) || (await api.getManaged(uid)) || null;
        return;
      }
      case "create":
        observed.remote = await this.#create(step, observed);
        return;
      case "adopt":
        observed.remote = await api.adopt(step.id, managedBy);
        return;
      case "update":
        observed.remote = await api.update(step.id, uid, step.wanted, step.fields);
        observed.handed.hash = step.hash;
        observed.handed.headersVersion = observed.remote.headersVersion;
        observed.updated = true;
        return;
      case "enable":
      case "disable":
        observed.remote = await api[step.do](step.id, uid);
        return;
      case "rotate": {
        const overlapMs = parseGoDuration(resource.spec.signing.rotation.overlap);
        observed.remote = await api.rotateSecret(step.id, uid, step.key.secret, overlapMs);
        observed.handed.digest = step.key.digest;
        observed.handed.keyID = observed.remote.keyID;
        return;
      }
      case "release":
      case "delete":
        await api[step.do](step.id, uid);
        observed.remote = null;
    }
  }

  /** Makes the endpoint, or finds the one that this resource has already: the controller died before it noted the id. */
  async #create(step: Extract<Step, { do: "create" }>, observed: Observed) {
    const { api } = this.#options;
    const { metadata, spec } = observed.resource;
    const { namespace, name, uid } = metadata;
    try {
      const made = await api.create({
        ...step.wanted,
        workspaceId: step.workspaceId,
        projectId: spec.projectID ?? "",
        secret: step.key.secret,
        disabled: spec.paused,
        managedBy: { cluster: observed.cluster, namespace, name, uid },
      });
      const { keyID, headersVersion } = made;
      observed.handed = { hash: step.hash, digest: step.key.digest, keyID, headersVersion };
      return made;
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.reason !== "ALREADY_MANAGED") throw error;
      observed.handed = { hash: undefined, digest: undefined, keyID: undefined, headersVersion: undefined };
      return await api.getManaged(uid);
    }
  }

  async #settle(observed: Observed, verdict: Verdict, told: boolean): Promise<Reconciled> {
    const { cluster, resyncMs, random } = this.#options;
    const { resource } = observed;
    const status = statusAfter(observed, verdict);
    // A resource that is on its way out without this finalizer may be gone already, and nobody asks.
    const wanted = resource.metadata.deletionTimestamp === undefined || verdict.synced !== undefined;
    if (wanted && !isDeepStrictEqual(status, resource.status)) {
      const event = eventOfStatus(resource, status, told);
      await cluster.writeStatus(resource, status);
      if (event) cluster.event(resource, event);
    }
    if (verdict.again === "backoff")
      throw observed.refusal ?? observed.secretRefusal ?? new Error("the reconcile failed");
    const spread = resyncMs * (1 + jitter * (2 * random() - 1));
    const due = verdict.again ? verdict.again.at.getTime() - observed.now.getTime() : spread;
    const stalled = status.conditions?.find(({ type }) => type === "Stalled")?.message;
    return { againMs: Math.max(0, Math.min(due, spread)), stalled };
  }
}

/** The parts of specHash, as status.ts puts them together. */
function handedBefore(status: WebhookEndpointStatus | undefined): Handed {
  const [hash, digest, headers] = status?.specHash?.split("-") ?? [];
  const headersVersion = headers === undefined ? undefined : Number(headers);
  return { hash, digest, keyID: status?.signing?.activeKeyID, headersVersion };
}

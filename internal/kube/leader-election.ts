import { setTimeout as sleep } from "node:timers/promises";
import { isConflict, isNotFound } from "./api-error.ts";
import type { KubeClient } from "./client.ts";
import { type Claimant, claim, type Lease, leases, released } from "./lease.ts";
import { type KubeObserver, silent } from "./observer.ts";
import { ResourceClient } from "./resource-client.ts";

export interface LeaderElectionOptions {
  /** One that may always write: whether another one may is what this decides. */
  client: KubeClient;
  /** The Lease; made where there is none. */
  lease: { namespace: string; name: string };
  /** Of this process and of no other, also after a restart of the pod. */
  identity: string;
  onError: (message: string, error: unknown) => void;
  observer?: Pick<KubeObserver, "leading">;
  /** How long the others wait for a renewal, in ms. [15 s] */
  durationMs?: number;
  /** How long this process believes that it leads without one; well below durationMs. [10 s] */
  renewDeadlineMs?: number;
  /** Between two tries, in ms. [2 s] */
  retryMs?: number;
  random?: () => number;
}

/** Those who wait ask at different times: as client-go, up to this much later. */
const jitter = 1.2;
/** A process that leads and does not renew, and does not notice either, is to be killed after this, in ms. */
const watchdogMs = 20_000;
/** What giving the lease up may take, in ms. */
const releaseMs = 2_000;

/**
 * One of several processes leads, by a Lease. It is lost with certainty before another one can have it: time is taken
 * by this process' own clock, which goes on while the process is stopped, from before each renewal was sent.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #leases: ResourceClient<Lease>;
  readonly #stopping = new AbortController();
  readonly #acquired = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<string>();
  #running: Promise<void> | undefined;
  /** As it was read or written last, and since when it has stood so. */
  #seen: { lease: Lease; since: number } | undefined;
  #renewedAt: number | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = {
      observer: silent,
      durationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryMs: 2_000,
      random: Math.random,
      ...options,
    };
    this.#leases = new ResourceClient(options.client, leases);
  }

  /** Whether this process may act as the leader, at this very moment. */
  get leads(): boolean {
    return this.#renewedAt !== undefined && performance.now() - this.#renewedAt < this.#options.renewDeadlineMs;
  }

  /** How often the leader has changed: grows with every leader, so an older one's writes can be told from a newer one's. */
  get term(): number {
    return this.#seen?.lease.spec?.leaseTransitions ?? 0;
  }

  /** Resolves with the reason when this process led and does not any more; it is to end then. Not after `release`. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  /** Why this process should be killed: it leads by its own account and has not renewed for long. Else undefined. */
  notLive(): string | undefined {
    if (this.#renewedAt === undefined) return undefined;
    const ms = performance.now() - this.#renewedAt;
    const { durationMs } = this.#options;
    return ms > durationMs + watchdogMs ? `the lease was renewed ${Math.round(ms / 1000)} s ago` : undefined;
  }

  /** Resolves when this process leads. */
  acquire(): Promise<void> {
    this.#running ??= this.#run();
    return this.#acquired.promise;
  }

  /** Gives it up, so that the next one need not wait; call it when nothing acts any more. Never rejects. */
  async release(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    const lease = this.#seen?.lease;
    if (!this.leads || !lease) return;
    this.#end();
    try {
      await this.#write({ ...lease, spec: released(lease.spec ?? {}, Date.now()) }, releaseMs);
    } catch (error) {
      this.#options.onError("the lease could not be given up: the next leader waits until it ends", error);
    }
  }

  async #run(): Promise<void> {
    const { retryMs, random, observer, lease } = this.#options;
    const { signal } = this.#stopping;
    const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});
    while (!(await this.#try())) {
      await pause(retryMs * (1 + jitter * random()));
      if (signal.aborted) return;
    }
    observer.leading(lease.name, true);
    this.#acquired.resolve();
    while (!signal.aborted) {
      await pause(retryMs);
      if (signal.aborted) return;
      // After a pause of the process: another one may lead already, so this one does not ask for more.
      if (this.leads) await this.#try();
      if (!this.leads) return this.#lose();
    }
  }

  #lose(): void {
    const { identity, lease, renewDeadlineMs } = this.#options;
    const holder = this.#seen?.lease.spec?.holderIdentity;
    const why =
      holder && holder !== identity ? `${holder} has it` : `it was not renewed for ${renewDeadlineMs / 1000} s`;
    this.#end();
    this.#lost.resolve(`the lease ${lease.namespace}/${lease.name} is lost: ${why}`);
  }

  #end(): void {
    this.#renewedAt = undefined;
    this.#options.observer.leading(this.#options.lease.name, false);
  }

  /** One try to have it or to go on having it. Never rejects. */
  async #try(): Promise<boolean> {
    try {
      const lease = this.leads && this.#seen ? this.#seen.lease : await this.#read();
      const startedAt = performance.now();
      const unchangedMs = this.#seen ? startedAt - this.#seen.since : 0;
      const spec = claim(lease?.spec, this.#claimant, unchangedMs, Date.now());
      if (!spec) {
        // Somebody else's, although this process thought it led.
        this.#renewedAt = undefined;
        return false;
      }
      await this.#write(lease ? { ...lease, spec } : { metadata: this.#options.lease, spec }, this.#requestMs);
      this.#renewedAt = startedAt;
      return true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      // Written by another one in between, or taken away; whose it is now is seen at the next try.
      if (isConflict(error) || isNotFound(error)) await this.#read().catch(() => {});
      else this.#options.onError("the lease could not be renewed", error);
      return false;
    }
  }

  get #claimant(): Claimant {
    return this.#options;
  }

  /** Half of the deadline, so that one request that hangs does not use all of it; never more than is left of it. */
  get #requestMs(): number {
    const { renewDeadlineMs } = this.#options;
    const usual = Math.max(1000, Math.ceil(renewDeadlineMs / 2));
    if (this.#renewedAt === undefined) return usual;
    return Math.min(usual, Math.max(1, Math.ceil(this.#renewedAt + renewDeadlineMs - performance.now())));
  }

  async #read(): Promise<Lease | undefined> {
    const lease = await this.#leases.get(this.#options.lease, { attempts: 1, timeoutMs: this.#requestMs });
    if (!lease) this.#seen = undefined;
    else if (lease.metadata.resourceVersion !== this.#seen?.lease.metadata.resourceVersion) this.#note(lease);
    return lease;
  }

  async #write(lease: Lease, timeoutMs: number): Promise<void> {
    const limits = { attempts: 1, timeoutMs };
    const created = lease.metadata.resourceVersion === undefined;
    this.#note(await (created ? this.#leases.create(lease, limits) : this.#leases.replace(lease, limits)));
  }

  #note(lease: Lease): void {
    this.#seen = { lease, since: performance.now() };
  }
}

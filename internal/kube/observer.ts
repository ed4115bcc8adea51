/** How a reconcile ended, in the words of controller-runtime's metrics. */
export type ReconcileResult = "success" | "error" | "requeue_after";

/** What this folder tells its metrics. Every call is cheap and never throws. */
export interface KubeObserver {
  /** One HTTP request ended; `code` is its status, or `<error>` when there was no answer. */
  request(method: string, code: string): void;
  /** A watch was given up, and why: the list is read again, or only the watch is opened again. */
  watchEnded(plural: string, why: "gone" | "unreadable" | "failed"): void;
  /** A key came into a queue. */
  queued(queue: string): void;
  /** A key was put back after a failure. */
  requeued(queue: string): void;
  /** A key was handed out after it had waited. */
  taken(queue: string, waitedMs: number): void;
  reconciled(controller: string, result: ReconcileResult, tookMs: number): void;
  /** A failure that a retry does not mend. */
  terminal(controller: string): void;
  reconcileTimedOut(controller: string): void;
  /** A failure that is a mistake in the program. */
  panicked(controller: string): void;
  /** Whether this process leads. */
  leading(lease: string, leads: boolean): void;
}

/** Tells nobody. */
export const silent: KubeObserver = {
  request() {},
  watchEnded() {},
  queued() {},
  requeued() {},
  taken() {},
  reconciled() {},
  terminal() {},
  reconcileTimedOut() {},
  panicked() {},
  leading() {},
};

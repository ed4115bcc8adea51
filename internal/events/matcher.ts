import { LRUCache } from "lru-cache";
import { anyEventType } from "../domain/event-type.ts";
import type { Uuid } from "../domain/ids.ts";
import type { WorkspaceReader, WorkspaceSnapshot } from "./ports.ts";

/** Event types whose match is remembered, per workspace snapshot. */
const rememberedTypes = 1000;

/** A workspace's endpoints at one version, with the matches found so far. */
export class Matches {
  readonly snapshot: WorkspaceSnapshot;
  readonly #found = new Map<string, Uuid[]>();

  constructor(snapshot: WorkspaceSnapshot) {
    this.snapshot = snapshot;
  }

  /** The endpoints that get this event: of workspace scope, or of the event's project. */
  endpointIds(type: string, projectId: Uuid | null): Uuid[] {
    const key = `${projectId ?? ""}/${type}`;
    let ids = this.#found.get(key);
    if (!ids) {
      ids = this.snapshot.endpoints
        .filter((endpoint) => endpoint.projectId === null || endpoint.projectId === projectId)
        .filter(({ events }) => events.includes(type) || events.includes(anyEventType))
        .map(({ id }) => id);
      if (this.#found.size >= rememberedTypes) this.#found.clear();
      this.#found.set(key, ids);
    }
    return ids;
  }
}

/** Matches events to endpoints in memory. A copy may be old: the record refuses what was matched with an old one. */
export class Matcher {
  readonly #reader: WorkspaceReader;
  readonly #workspaces = new LRUCache<Uuid, Promise<Matches | undefined>>({ max: 10_000 });

  constructor(reader: WorkspaceReader) {
    this.#reader = reader;
  }

  /** Undefined when there is no such workspace. */
  of(workspaceId: Uuid): Promise<Matches | undefined> {
    let matches = this.#workspaces.get(workspaceId);
    if (!matches) {
      matches = this.#read(workspaceId);
      this.#workspaces.set(workspaceId, matches);
      matches.then(
        (found) => !found && this.forget(workspaceId),
        () => this.forget(workspaceId),
      );
    }
    return matches;
  }

  /** The next `of` reads again. `stale`: only if this copy is still the one that is kept. */
  forget(workspaceId: Uuid, stale?: Matches): void {
    const kept = this.#workspaces.get(workspaceId);
    if (!kept) return;
    if (!stale) this.#workspaces.delete(workspaceId);
    else
      kept.then(
        (found) =>
          found === stale && this.#workspaces.get(workspaceId) === kept && this.#workspaces.delete(workspaceId),
        () => {},
      );
  }

  async #read(workspaceId: Uuid): Promise<Matches | undefined> {
    const snapshot = await this.#reader.readSnapshot(workspaceId);
    return snapshot && new Matches(snapshot);
  }
}

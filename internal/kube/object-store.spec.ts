import { describe, expect, it } from "@jest/globals";
import type { KubeObject } from "./object.ts";
import { ObjectStore } from "./object-store.ts";

interface Endpoint extends KubeObject {
  secrets: string[];
}

const endpoint = (name: string, resourceVersion: string, ...secrets: string[]): Endpoint => ({
  metadata: { namespace: "orders", name, resourceVersion },
  secrets,
});
const names = (found: Endpoint[]) => found.map(({ metadata }) => metadata.name).sort();

describe("the store of objects", () => {
  it("says what a change changed, and nothing when a version is there already", () => {
    const store = new ObjectStore<Endpoint>();
    const [one, two] = [endpoint("a", "1"), endpoint("a", "2")];
    expect(store.put(one)).toEqual({ type: "added", object: one });
    expect(store.put(endpoint("a", "1"))).toBeUndefined();
    expect(store.put(two)).toEqual({ type: "updated", object: two, previous: one });
    expect(store.get("orders/a")).toBe(two);
    expect(store.remove("orders/a")).toEqual({ type: "deleted", object: two });
    expect(store.remove("orders/a")).toBeUndefined();
    expect(store.size).toBe(0);
  });

  it("finds objects by what they refer to, as it is now", () => {
    const store = new ObjectStore({ secret: ({ secrets }: Endpoint) => secrets });
    store.put(endpoint("a", "1", "s1", "s2"));
    store.put(endpoint("b", "2", "s2"));
    expect(names(store.find("secret", "s2"))).toEqual(["a", "b"]);
    store.put(endpoint("a", "3", "s3"));
    expect(names(store.find("secret", "s1"))).toEqual([]);
    expect(names(store.find("secret", "s2"))).toEqual(["b"]);
    expect(names(store.find("secret", "s3"))).toEqual(["a"]);
    store.remove("orders/b");
    expect(names(store.find("secret", "s2"))).toEqual([]);
  });

  it("tells what happened between two lists", () => {
    const store = new ObjectStore<Endpoint>();
    store.replace([endpoint("a", "1"), endpoint("b", "2"), endpoint("c", "3")]);
    const changes = store.replace([endpoint("b", "2"), endpoint("c", "7"), endpoint("d", "8")]);
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "deleted a",
      "updated c",
      "added d",
    ]);
    expect([...store.keys()].sort()).toEqual(["orders/b", "orders/c", "orders/d"]);
  });
});

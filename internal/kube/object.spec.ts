import { describe, expect, it } from "@jest/globals";
import { keyOf, nameOf } from "./object.ts";

describe("the key of an object", () => {
  it("leads back to its name, with a namespace and without", () => {
    for (const name of [{ namespace: "orders", name: "eu.hooks" }, { name: "orders" }])
      expect(nameOf(keyOf(name))).toEqual(name);
    expect(keyOf({ namespace: "orders", name: "eu" })).toBe("orders/eu");
  });
});

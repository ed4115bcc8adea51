import { describe, expect, it } from "@jest/globals";
import { newUuid } from "./ids.ts";
import { Paging, type Slice } from "./paging.ts";

const items = Array.from({ length: 5 }, () => newUuid())
  .sort()
  .map((id) => ({ id }))
  .toReversed();
const read = async ({ before, limit }: Slice) =>
  items.filter(({ id }) => before === undefined || id < before).slice(0, limit);
const query = ["things", "of somebody"];

describe("Paging", () => {
  it("walks a list once, newest first, and says where it ends", async () => {
    const paging = new Paging("secret");
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await paging.page({ pageSize: 2, pageToken }, query, read);
      seen.push(...page.items.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toEqual(items.map(({ id }) => id));
  });

  it("gives no token when the last item is on the page", async () => {
    const page = await new Paging("secret").page({ pageSize: 5, pageToken: "" }, query, read);
    expect(page.items).toHaveLength(5);
    expect(page.nextPageToken).toBe("");
  });

  it("has 50 items by default, at most 100", () => {
    const paging = new Paging("secret");
    expect(paging.size({ pageSize: 0, pageToken: "" })).toBe(50);
    expect(paging.size({ pageSize: 100, pageToken: "" })).toBe(100);
    for (const pageSize of [-1, 101, 1.5]) {
      expect(() => paging.size({ pageSize, pageToken: "" })).toThrow("page_size: must be 1 to 100");
    }
  });

  it("refuses a token of another query, another installation, or none at all", () => {
    const paging = new Paging("secret");
    const token = paging.token(newUuid(), query);
    const startOver = "start over with an empty page_token";
    expect(() => paging.position({ pageSize: 0, pageToken: token }, ["things", "of another"])).toThrow(startOver);
    expect(() => new Paging("other").position({ pageSize: 0, pageToken: token }, query)).toThrow(startOver);
    for (const pageToken of ["x", "!", token.slice(1), `${token}A`, `${token}=`, "0", token.toUpperCase()]) {
      expect(() => paging.position({ pageSize: 0, pageToken }, query)).toThrow(startOver);
    }
  });

  it("refuses a token after 24 hours", () => {
    let now = Date.now();
    const paging = new Paging("secret", () => now);
    const id = newUuid();
    const request = { pageSize: 0, pageToken: paging.token(id, query) };
    now += 24 * 3_600_000 - 2000;
    expect(paging.position(request, query)).toBe(id);
    now += 4000;
    expect(() => paging.position(request, query)).toThrow("older than 24 hours: start over");
  });
});

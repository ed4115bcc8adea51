/** The API's largest. */
export const pageSize = 100;

/** A whole list, in the opposite order: the API lists the newest first. */
export async function everyPage<T>(page: (token: string) => Promise<{ items: T[]; next: string }>): Promise<T[]> {
  const all: T[] = [];
  for (let token = ""; ; ) {
    const { items, next } = await page(token);
    all.push(...items);
    if (next === "") return all.toReversed();
    token = next;
  }
}

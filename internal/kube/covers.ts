/** Lists that the API server merges by a key of their elements: others may have elements of their own in them. */
const keyOfElements: { [field: string]: string } = { conditions: "type", ownerReferences: "uid" };
/** Lists in which the order says nothing, and in which others may have elements too. */
const sets = new Set(["finalizers"]);

/**
 * Whether applying `wanted` would change nothing of `observed`, but for fields that it has no more: every field that is
 * wanted is there with its value. What is not compared is not written.
 */
export function covers(observed: unknown, wanted: unknown, field = ""): boolean {
  if (Array.isArray(wanted)) return Array.isArray(observed) && listCovers(observed, wanted, field);
  if (typeof wanted !== "object" || wanted === null) return observed === wanted;
  if (typeof observed !== "object" || observed === null || Array.isArray(observed)) return false;
  return Object.entries(wanted).every(
    ([name, value]) => value === undefined || covers((observed as Record<string, unknown>)[name], value, name),
  );
}

function listCovers(observed: unknown[], wanted: unknown[], field: string): boolean {
  if (sets.has(field)) return wanted.every((value) => observed.includes(value));
  const key = keyOfElements[field];
  if (key === undefined)
    return observed.length === wanted.length && wanted.every((value, at) => same(observed[at], value));
  const named = (element: unknown) => (element as Record<string, unknown>)[key];
  return wanted.every((value) =>
    covers(
      observed.find((other) => named(other) === named(value)),
      value,
    ),
  );
}

/** Whether both are the same, nothing more and nothing less; an absent field is one that is undefined. */
function same(a: unknown, b: unknown): boolean {
  return covers(a, b) && covers(b, a);
}

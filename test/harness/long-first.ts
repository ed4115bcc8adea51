import { statSync } from "node:fs";

/**
 * Files that take half a minute or more, the longest first: begun last, each would keep one worker busy while the others
 * have nothing left. Jest knows how long files take only where it has run them before.
 */
const longest = [
  "e2e/door/limit",
  "cluster/controller/kills",
  "cluster/controller/outage",
  "cluster/controller/leaders",
  "cluster/controller/faults",
  "cluster/controller/shown",
  "cluster/controller/road",
  "e2e/road/broker",
  "e2e/isolation/matrix",
  "e2e/lab",
  "e2e/abuse/slow",
  "cluster/dev",
  "cluster/kube/leader-election",
  "cluster/harness",
  "cluster/kube/reflector",
  "cluster/install/bootstrap",
  "cluster/controller/narrow",
  "e2e/road/slow",
  "e2e/dev",
  "e2e/road/disable",
];

interface Test {
  path: string;
}

/** The order of a run: what takes longest, then by size. Jest asks for the other methods. */
export default class LongFirst {
  sort<T extends Test>(tests: T[]): T[] {
    const place = new Map(
      tests.map(({ path }) => {
        const found = longest.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`));
        return [path, { rank: found < 0 ? longest.length : found, size: statSync(path).size }];
      }),
    );
    const of = ({ path }: Test) => place.get(path) ?? { rank: 0, size: 0 };
    return tests.toSorted((a, b) => of(a).rank - of(b).rank || of(b).size - of(a).size);
  }

  allFailedTests<T extends Test>(tests: T[]): T[] {
    return tests;
  }

  cacheResults(): void {}
}

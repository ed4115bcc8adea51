import { statSync } from "node:fs";

/**
 * Files that take longest, the longest first: begun last, each would keep one worker busy while the others have nothing
 * left. Jest knows how long files take only where it has run them before.
 */
const longest: string[] = [];

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

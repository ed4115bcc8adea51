/** What jest-circus keeps; it has no public way to ask whether a test failed. */
interface State {
  currentlyRunningTest?: object | null;
  rootDescribeBlock?: Block;
}
interface Block {
  children: (({ type: "describeBlock" } & Block) | { type: "test"; errors: unknown[] })[];
}

const waiting: (() => void)[] = [];

/** Calls `report` when a test of this file fails or has failed; within a test, once it is known how that one ends. */
export function reportFailure(report: () => void): void {
  const state = circusState();
  if (aTestFailed(state)) report();
  else if (state?.currentlyRunningTest) waiting.push(report);
}

function aTestFailed(state: State | undefined): boolean {
  const failed = (block: Block): boolean =>
    block.children.some((child) => (child.type === "test" ? child.errors.length > 0 : failed(child)));
  return state?.rootDescribeBlock !== undefined && failed(state.rootDescribeBlock);
}

function circusState(): State | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === "JEST_STATE_SYMBOL",
  );
  return symbol && (globalThis as unknown as { [key: symbol]: State })[symbol];
}

// Not imported from @jest/globals, which refuses to be loaded outside jest, where this file is used as well.
const { afterEach } = globalThis as { afterEach?: (hook: () => void) => void };
afterEach?.(() => {
  const reports = waiting.splice(0);
  if (aTestFailed(circusState())) for (const report of reports) report();
});

/** What jest-circus keeps of a describe block; it has no public way to ask whether a test failed. */
interface Block {
  children: (({ type: "describeBlock" } & Block) | { type: "test"; errors: unknown[] })[];
}

/** Whether a test of this file has failed so far. False outside jest. */
export function aTestFailed(): boolean {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === "JEST_STATE_SYMBOL",
  );
  const state = symbol && (globalThis as unknown as Record<symbol, { rootDescribeBlock?: Block }>)[symbol];
  const failed = (block: Block): boolean =>
    block.children.some((child) => (child.type === "test" ? child.errors.length > 0 : failed(child)));
  return state?.rootDescribeBlock !== undefined && failed(state.rootDescribeBlock);
}

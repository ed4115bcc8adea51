import { afterEach, expect, it } from "@jest/globals";
import { type BudgetedRequest, type Connection, RequestBudget, type Shed } from "./request-budget.ts";

const budgets: RequestBudget[] = [];
afterEach(() => {
  for (const budget of budgets.splice(0)) budget.stop();
});

function make(limits: { withinMs?: number; requests?: number; bytes?: number }) {
  const { withinMs = 60_000, requests = 100, bytes = 1000 } = limits;
  const { promise, resolve } = Promise.withResolvers<Shed>();
  const budget = new RequestBudget({ withinMs, requests, bytes }, resolve);
  budgets.push(budget);
  return { budget, shed: promise };
}

function connection(peer: string): Connection & { closed: boolean } {
  const made = { peer, closed: false, close: () => void (made.closed = true) };
  return made;
}

function request(of: Connection, bytes = 0, expire = () => {}): BudgetedRequest {
  return { connection: of, held: () => bytes, expire };
}

it("closes the connection that has the most requests when there are too many", async () => {
  const { budget, shed } = make({ requests: 10 });
  const [greedy, modest] = [connection("greedy"), connection("modest")];
  for (let n = 0; n < 3; n++) budget.begin(request(modest));
  for (let n = 0; n < 8; n++) budget.begin(request(greedy));
  // Whoever is about to serve the last of them must still find its connection open.
  expect(greedy.closed).toBe(false);
  expect(await shed).toEqual({ peer: "greedy", requests: 8, bytes: 0 });
  expect([greedy.closed, modest.closed]).toEqual([true, false]);
});

it("closes the connection that holds the most bytes, however few its requests are", async () => {
  const { budget, shed } = make({ bytes: 1000 });
  const [greedy, modest] = [connection("greedy"), connection("modest")];
  for (let n = 0; n < 50; n++) budget.begin(request(modest, 4));
  budget.begin(request(greedy, 900));
  expect(await shed).toEqual({ peer: "greedy", requests: 1, bytes: 900 });
  expect(modest.closed).toBe(false);
});

it("tells a request when its time is over, and not one that has ended", async () => {
  const { budget } = make({ withinMs: 1 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const ended = request(connection("a"), 0, () => resolve("the one that had ended"));
  budget.begin(ended);
  budget.end(ended);
  budget.begin(request(connection("b"), 0, () => resolve("the late one")));
  expect(await promise).toBe("the late one");
});

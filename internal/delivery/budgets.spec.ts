import { describe, expect, it } from "@jest/globals";
import { Budgets, type Place } from "./budgets.ts";

const start = 1_000_000;

/** A delivery process's budgets, with attempts made by hand and time told by hand. */
function budgets(options = { main: 8, slow: 4, lane: 4 }) {
  const under = new Budgets(options);
  const send = (endpointId: string, now = start): Place => {
    under.takeMain();
    return under.start(endpointId, "main", now);
  };
  const end = (place: Place, outcome: "success" | "hang" | "failure", now = start) => {
    under.answered(place, outcome === "success", outcome === "hang", now);
    under.settled(place);
  };
  return { under, send, end };
}

describe("budgets", () => {
  it("sends at once to an endpoint nobody knows yet", () => {
    expect(budgets().under.admit("a", 4, start)).toBe("send");
  });

  it("lets endpoints without a success share a quarter of the main budget, and no more", () => {
    const { under, send } = budgets();
    send("a");
    send("b");
    expect(under.admit("c", 4, start)).toBe("lane");
  });

  it("gives an endpoint that answered the whole budget up to its own cap, then lets it wait a moment", () => {
    const { under, send, end } = budgets();
    end(send("a"), "success", start + 5);
    for (let i = 0; i < 4; i++) {
      expect(under.admit("a", 4, start + 10)).toBe("send");
      send("a", start + 10);
    }
    expect(under.admit("a", 4, start + 10)).toBe("wait");
  });

  it("wakes what waits when a place is free", async () => {
    const { under, send, end } = budgets();
    end(send("a"), "success");
    const place = send("a");
    const waiting = under.place("a");
    end(place, "success", start + 5);
    await waiting;
    expect(under.admit("a", 1, start + 5)).toBe("send");
  });

  it("sends what waits to the lane as soon as the endpoint stalls", async () => {
    const { under, send, end } = budgets();
    end(send("a"), "success", start + 5);
    send("a", start + 10);
    const waiting = under.place("a");
    under.ageOut(start + 10 + 150);
    await waiting;
    expect(under.admit("a", 1, start + 160)).toBe("lane");
  });

  it("moves an attempt older than a second out of the main budget", () => {
    const { under, send, end } = budgets();
    const place = send("a");
    expect(under.inFlight).toEqual({ main: 1, slow: 0, lane: 0 });
    expect(under.ageOut(start + 1000)).toEqual([place]);
    expect(under.inFlight).toEqual({ main: 0, slow: 1, lane: 0 });
    end(place, "hang", start + 10_000);
    expect(under.inFlight).toEqual({ main: 0, slow: 0, lane: 0 });
  });

  it("keeps slow attempts in the main budget when the slow one is full, and then trusts only the proven", () => {
    const { under, send, end } = budgets({ main: 40, slow: 2, lane: 4 });
    end(send("fast"), "success", start + 5);
    for (const id of ["a", "b", "c"]) send(id);
    under.ageOut(start + 1000);
    expect(under.inFlight).toEqual({ main: 1, slow: 2, lane: 0 });
    expect(under.admit("d", 4, start + 1000)).toBe("lane");
    expect(under.admit("fast", 4, start + 1000)).toBe("send");
  });

  it("opens the circuit after three hangs in a row and closes it with a success from the lane", () => {
    const { under, send, end } = budgets();
    for (let i = 0; i < 3; i++) end(send("a"), "hang");
    expect(under.admit("a", 4, start)).toBe("lane");
    expect(under.openCircuits).toBe(1);
    end(under.start("a", "lane", start), "success", start + 5);
    expect(under.admit("a", 4, start + 6)).toBe("send");
  });

  it("serves a lane up to the endpoint's cap and its own budget", () => {
    const { under } = budgets();
    expect(under.laneCapacity("a", 2)).toBe(2);
    under.start("a", "lane", start);
    expect(under.laneCapacity("a", 2)).toBe(1);
    for (const id of ["b", "c", "d"]) under.start(id, "lane", start);
    expect(under.laneCapacity("a", 2)).toBe(0);
  });

  it("resolves mainFree when a place is given back", async () => {
    const { under, send, end } = budgets({ main: 1, slow: 4, lane: 4 });
    const place = send("a");
    let free = false;
    const waiting = under.mainFree().then(() => {
      free = true;
    });
    await Promise.resolve();
    expect(free).toBe(false);
    end(place, "success");
    await waiting;
    expect(free).toBe(true);
  });
});

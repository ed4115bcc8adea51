import { describe, expect, it } from "@jest/globals";
import { ConnectionError, DatabaseError } from "sequelize";
import { RowError } from "../batching/group-commit.ts";
import { isConflict, recordError } from "./errors.ts";

function refused(code: string | undefined, fields: object = {}): Error {
  return Object.assign(new Error("as Postgres says"), { code, ...fields });
}

const wrapped = (error: Error) => new DatabaseError(Object.assign(error, { sql: "" }));

describe("what a failed query means", () => {
  it("is a row's fault when its data or a constraint refuses it", () => {
    for (const error of [refused("22P05"), refused("23505", { constraint: "pk" }), wrapped(refused("22021"))]) {
      expect(recordError(error)).toBeInstanceOf(RowError);
    }
  });

  it("is UNAVAILABLE when Postgres did not answer, is short of something, stops, or may not write", () => {
    const lost = wrapped(refused(undefined));
    const unreachable = new ConnectionError(refused("ECONNREFUSED"));
    const states = ["08006", "53300", "57P01", "57014", "25006", "55P03", "40P01"].map((code) => refused(code));
    for (const error of [lost, unreachable, ...states]) {
      expect(recordError(error)).toMatchObject({
        status: "UNAVAILABLE",
        reason: "RECORD_UNAVAILABLE",
        message: expect.stringContaining("try again shortly"),
        details: { retryAfterMs: 1000 },
      });
    }
  });

  it("is UNAVAILABLE when there is no partition for a row, which is a check violation of no constraint", () => {
    expect(recordError(refused("23514"))).toMatchObject({ status: "UNAVAILABLE", reason: "PARTITION_MISSING" });
    expect(recordError(refused("23514", { constraint: "webhook_jobs_status_check" }))).toBeInstanceOf(RowError);
  });

  it("is our own mistake otherwise, and stays as it is", () => {
    for (const error of [refused("42601"), refused("08P01"), new TypeError("x"), refused("ENOENT")]) {
      expect(recordError(error)).toBe(error);
    }
  });

  it("is worth another try at once after a deadlock or a serialization failure", () => {
    expect(["40P01", "40001", "23505"].map((code) => isConflict(refused(code)))).toEqual([true, true, false]);
  });
});

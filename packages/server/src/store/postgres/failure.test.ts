import assert from "node:assert/strict";
import { test } from "node:test";
import { DatabaseError } from "pg";
import { StoreBusyError, StoreFailedError, StoreFullError } from "../../ports/index.ts";
import { errorOf } from "../failure.ts";
import { driverError, failureOf, LostConnectionError } from "./failure.ts";

const meanings = [
  ["53100", StoreFullError],
  ["25006", StoreFullError],
  ["58030", StoreFullError],
  ["40001", StoreBusyError],
  ["40P01", StoreBusyError],
  ["55P03", StoreBusyError],
  ["57014", StoreBusyError],
  ["23505", StoreFailedError],
  ["42P01", StoreFailedError],
] as const;
for (const [state, meaning] of meanings) {
  test(`PostgreSQL's state ${state} is a ${meaning.name}`, () => {
    const error = driverError(failed(state));
    assert.ok(!(error instanceof LostConnectionError));
    assert.ok(errorOf(failureOf(error)) instanceof meaning);
  });
}

for (const state of ["08006", "53300", "57P01", "57P02", "57P03", "25P03"]) {
  test(`PostgreSQL's state ${state} is the end of the connection`, () => {
    assert.ok(driverError(failed(state)) instanceof LostConnectionError);
  });
}

test("what the network or the driver says is the end of the connection, and may be asked again", () => {
  const broken = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  for (const thrown of [broken, new Error("Connection terminated unexpectedly"), "no"]) {
    const error = driverError(thrown);
    assert.ok(error instanceof LostConnectionError);
    assert.ok(errorOf(failureOf(error)) instanceof StoreBusyError);
  }
});

/** As the driver gives what the server says. */
function failed(state: string): DatabaseError {
  return Object.assign(new DatabaseError("m", 1, "error"), { code: state });
}

import { DatabaseError } from "pg";
import type { Failure } from "../failure.ts";

/** The connection broke, or there is none to be had: whether what it carried was done nobody knows. */
export class LostConnectionError extends Error {
  override readonly name = "LostConnectionError";
}

/** PostgreSQL's SQLSTATEs that say of the disk or of others what a caller can act upon. */
const KINDS: ReadonlyMap<string, Failure["kind"]> = new Map([
  ["53100", "full"], // disk_full
  ["25006", "unwritable"], // read_only_sql_transaction
  ["58030", "unwritable"], // io_error
  ["40001", "busy"], // serialization_failure
  ["40P01", "busy"], // deadlock_detected
  ["55P03", "busy"], // lock_not_available
  ["57014", "busy"], // query_canceled, by statement_timeout
]);

/** What says that this connection ends, or that none is to be had now. */
const LOST: ReadonlySet<string> = new Set([
  "53300", // too_many_connections
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "57P05", // idle_session_timeout
  "25P03", // idle_in_transaction_session_timeout
]);

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LostConnectionError) return { kind: "unreachable", message };
  return { kind: KINDS.get(stateOf(error) ?? "") ?? "failed", message };
}

/** What the driver threw, as the error it is: one that PostgreSQL gave for a statement, or the connection's end. */
export function driverError(error: unknown): Error {
  const state = stateOf(error);
  if (error instanceof Error && state !== undefined && !isLost(state)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LostConnectionError(message, { cause: error });
}

function isLost(state: string): boolean {
  return state.startsWith("08") || LOST.has(state);
}

/** Undefined for whatever is no error of PostgreSQL's own. */
function stateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

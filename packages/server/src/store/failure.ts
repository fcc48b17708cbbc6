import { StoreFailedError, StoreFullError } from "../ports/index.ts";

/** Why something was not done, as it crosses from the worker's thread. */
export interface Failure {
  readonly kind: "full" | "failed";
  readonly message: string;
}

/** SQLite's result codes for a disk that takes no more [SQLite result codes]; the low byte of an extended code. */
const FULL = new Set([
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  13, // SQLITE_FULL
]);

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: isFull(error) ? "full" : "failed", message };
}

export function errorOf({ kind, message }: Failure): StoreFullError | StoreFailedError {
  return kind === "full" ? new StoreFullError(message) : new StoreFailedError(message);
}

function isFull(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  return FULL.has(error.errcode & 0xff);
}

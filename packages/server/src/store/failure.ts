import { StoreBusyError, StoreFailedError, StoreFullError } from "../ports/index.ts";

/** Why something was not done, as it crosses from the worker's thread. */
export interface Failure {
  readonly kind: "full" | "unwritable" | "busy" | "unreachable" | "failed";
  readonly message: string;
}

/** SQLite's result codes that say of the disk or of others what a caller can act upon; low bytes of extended codes. */
const KINDS: ReadonlyMap<number, Failure["kind"]> = new Map([
  [5, "busy"], // SQLITE_BUSY
  [6, "busy"], // SQLITE_LOCKED
  [8, "unwritable"], // SQLITE_READONLY
  [10, "unwritable"], // SQLITE_IOERR
  [13, "full"], // SQLITE_FULL
]);
/** SQLITE_IOERR_READ and SQLITE_IOERR_SHORT_READ: no room and no permission helps where the disk gives nothing back. */
const UNREADABLE: ReadonlySet<number> = new Set([266, 522]);

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === undefined || UNREADABLE.has(code)) return { kind: "failed", message };
  return { kind: KINDS.get(code & 0xff) ?? "failed", message };
}

export function errorOf({ kind, message }: Failure): StoreFullError | StoreBusyError | StoreFailedError {
  switch (kind) {
    case "full":
      return new StoreFullError(
        "the disk of the store is full: nothing can be changed before there is room on it",
      );
    case "unwritable":
      return new StoreFullError(
        `the disk of the store cannot be written (${message}): nothing can be changed before it can`,
      );
    case "busy":
      return new StoreBusyError("another program holds the store");
    case "unreachable":
      return new StoreBusyError(
        `the database of the store cannot be reached (${message}): nothing can be changed before it can`,
      );
    case "failed":
      return new StoreFailedError(message);
  }
}

/** What keeps a store from being opened, and what helps. */
export function openingTrouble(error: unknown): string {
  switch ((codeOf(error) ?? 0) & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return "another program holds it: stop that one";
    case 8: // SQLITE_READONLY
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
      return "it cannot be written: see that the disk is sound, and that whoever runs the ACS may write there";
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return "it is damaged, or no store at all: nothing in it was touched, put a copy in its place";
    case 13: // SQLITE_FULL
      return "its disk is full: make room on it";
    default:
      return "it failed";
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode
    : undefined;
}

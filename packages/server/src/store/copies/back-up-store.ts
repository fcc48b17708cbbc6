import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { asError } from "../../ports/index.ts";
import { CopyError } from "./copy-error.ts";
import { examineStore, openToRead, type StoreContents } from "./examine-store.ts";

/** What was copied. */
export interface StoreCopy extends StoreContents {
  readonly bytes: number;
}

const ONLY_US = 0o600;

/**
 * Copies the store at `path` as it is at one moment into the file `to`, while a server works on it or not, and reads the copy
 * from its first page to its last. The file is there once all of that is on disk, else not at all. Throws
 * {@link CopyError}, also where the file is there already.
 */
export function backUpStore(path: string, to: string): StoreCopy {
  if (!existsSync(path)) throw new CopyError(`there is no store at ${path}`);
  if (existsSync(to)) throw new CopyError(`${to} is there already: name a file that is not`);
  const draft = `${to}.draft`;
  rmSync(draft, { force: true });
  try {
    vacuumInto(path, draft);
    const contents = examineStore(draft);
    const bytes = statSync(draft).size;
    keep(draft, to);
    return { ...contents, bytes };
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Whole, and on disk. The name is taken as the last. */
export function keep(draft: string, path: string): void {
  sync(draft);
  renameSync(draft, path);
  sync(dirname(path));
}

function vacuumInto(path: string, draft: string): void {
  using db = openToRead(path);
  try {
    // Nobody else may read it from its first byte on.
    closeSync(openSync(draft, "wx", ONLY_US));
    db.connection.run("VACUUM INTO :draft", { draft });
    chmodSync(draft, ONLY_US);
  } catch (cause) {
    throw new CopyError(`the store cannot be copied to ${draft}: ${asError(cause).message}`, { cause });
  }
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

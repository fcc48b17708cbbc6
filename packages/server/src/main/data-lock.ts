import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataFolderError } from "./data-folder.ts";

/** Another process runs on the same data. */
export class DataInUseError extends Error {
  override readonly name = "DataInUseError";
  readonly code = "E_DATA_IN_USE";
}

/** Held until it is released or the process ends, however it ends. */
export interface DataLock {
  release(): void;
}

/**
 * Keeps a second server off a data folder, whose store serves one process. The lock is SQLite's own on a file of its own, so
 * the operating system takes it back from a process that was killed. Throws {@link DataInUseError}, and
 * {@link DataFolderError} where the file cannot be locked at all.
 */
export function lockData(folder: string): DataLock {
  const file = new DatabaseSync(join(folder, "lock"));
  try {
    file.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    throw lockingError(folder, cause);
  }
  return {
    release() {
      file.close();
    },
  };
}

function lockingError(folder: string, cause: unknown): Error {
  switch (cause instanceof Error && "errcode" in cause ? cause.errcode : undefined) {
    case 5: // SQLITE_BUSY
      return new DataInUseError(
        `another Heliograph runs on ${folder}: stop it, or give this one a folder of its own with --data`,
        { cause },
      );
    case 26: // SQLITE_NOTADB
      return new DataFolderError(`the file lock in ${folder} is no lock: remove it`, { cause });
    default:
      return new DataFolderError(
        `the data folder ${folder} cannot be locked: see that its disk has room and takes writes`,
        { cause },
      );
  }
}

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

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
 * the operating system takes it back from a process that was killed. Throws {@link DataInUseError}.
 */
export function lockData(folder: string): DataLock {
  const file = new DatabaseSync(join(folder, "lock"));
  try {
    file.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    throw new DataInUseError(
      `another Heliograph runs on ${folder}: stop it, or give this one a folder of its own with --data`,
      { cause },
    );
  }
  return {
    release() {
      file.close();
    },
  };
}

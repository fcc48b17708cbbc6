import { join } from "node:path";
import { backUpStore, type StoreCopy } from "../store/copies/back-up-store.ts";
import { CopyError } from "../store/copies/copy-error.ts";
import { moveStore, type Moving } from "../store/copies/move-store.ts";
import type { MovedTable } from "../store/copies/moved-table.ts";
import { restoreStore, type Restored } from "../store/copies/restore-store.ts";
import { openDataFolder } from "./data-folder.ts";
import { lockData } from "./data-lock.ts";
import { isPrivate, readDatabaseUrl } from "./database-url.ts";
import { postgresAddress } from "./postgres-address.ts";
import { isLoopback, SettingError, type Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";

/** Where the store is that the settings name. */
type Store = Pick<Settings, "data" | "database">;

/** Copies the store into a file, also while a server works on it. Throws {@link CopyError}. */
export function backUpData(settings: Store, to: string): StoreCopy {
  return backUpStore(storeFile(settings), to);
}

/**
 * Puts a copy in the store's place. Throws {@link CopyError}, and {@link DataInUseError} where a server works on the data.
 */
export function restoreData(settings: Store, from: string): Restored {
  const path = storeFile(settings);
  openDataFolder(settings.data);
  const lock = lockData(settings.data);
  try {
    return restoreStore({ from, path, at: systemClock.now(), random: systemRandom });
  } finally {
    lock.release();
  }
}

/**
 * Moves the store from its file into the database at `url`. Throws {@link CopyError}, {@link SettingError} where the URL
 * cannot be used, and {@link DataInUseError} where a server works on the data.
 */
export async function moveData(
  settings: Pick<Settings, "data" | "insecure">,
  url: string,
  onProgress: Moving["onProgress"],
): Promise<readonly MovedTable[]> {
  const read = readDatabaseUrl(url);
  if (!read.ok) throw new SettingError(`--to ${read.problem}`);
  if (!isPrivate(read.settings, isLoopback) && !settings.insecure) {
    throw new SettingError(
      `--to goes to ${read.settings.host} without TLS: say sslmode=verify-full in it, or say insecure`,
    );
  }
  const path = storeFile({ data: settings.data });
  const lock = lockData(settings.data);
  try {
    const files = { folder: openDataFolder(settings.data).files, clock: systemClock, random: systemRandom };
    return await moveStore({ path, files, address: postgresAddress(read.settings), onProgress });
  } finally {
    lock.release();
  }
}

function storeFile({ data, database }: Store): string {
  if (database === undefined) return join(data, "heliograph.db");
  throw new CopyError("the store is in PostgreSQL: use its own pg_dump and pg_restore");
}

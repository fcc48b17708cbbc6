import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { ChangeOf, ChangeType, Urgency } from "../ports/index.ts";
import { findLogin } from "./device-rows.ts";
import { text } from "./row.ts";
import type { TemporaryStore } from "./sqlite.fixture.ts";
import { SqliteConnection } from "./sqlite-database.ts";

/** Has the store say after each change what every device comes in by, which must be as the file has it. */
export function watchLogins(opened: TemporaryStore): TemporaryStore {
  const { store, path } = opened;
  const [commit, close] = [store.commit.bind(store), store.close.bind(store)];
  let waiting = 0;
  let isClosed = false;
  const watched = async <T extends ChangeType>(type: T, change: ChangeOf<T>, urgency?: Urgency) => {
    waiting += 1;
    const result = await commit(type, change, urgency).finally(() => {
      waiting -= 1;
    });
    // The file may be ahead of what was told while other changes are on their way.
    for (const [key, login] of waiting === 0 ? loginsIn(path) : []) {
      if (!isClosed) assert.deepEqual(await store.login(key), login);
    }
    return result;
  };
  const watchedClose = (): Promise<void> => {
    isClosed = true;
    return close();
  };
  Object.assign(store, { commit: watched, close: watchedClose });
  return opened;
}

function loginsIn(path: string) {
  const db = new SqliteConnection(path, { readOnly: true, busyTimeoutMs: 1_000 });
  try {
    const keys = db.all("SELECT key FROM devices").map((row) => text(row, "key") as DeviceKey);
    return keys.map((key) => [key, findLogin(db, key)] as const);
  } finally {
    db.close();
  }
}

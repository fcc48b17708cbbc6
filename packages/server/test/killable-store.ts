import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../src/ports/index.ts";
import type { KillSwitch } from "./kill-switch.ts";

/** Enough for an answer that does not wait for its commit to be on its way by then. */
const HELD_BACK_TURNS = 20;

/**
 * The store with a point before each change is asked for, and one once it is on disk and nobody was told yet. Each change
 * is held back for a while, so that what should have waited for it, and did not, is out before it.
 */
export function killableStore(store: Store, killSwitch: KillSwitch): Store {
  const commit = store.commit.bind(store);
  const killable: Pick<Store, "commit"> = {
    async commit(type, change, urgency) {
      killSwitch.reach(`before commit ${type}`);
      for (let turn = 0; turn < HELD_BACK_TURNS; turn += 1) await nextTurn();
      const result = await commit(type, change, urgency);
      killSwitch.reach(`after commit ${type}`);
      return result;
    },
  };
  return Object.assign(store, killable);
}

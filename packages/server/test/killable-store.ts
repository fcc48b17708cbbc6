import type { Store } from "../src/ports/index.ts";
import type { KillSwitch } from "./kill-switch.ts";

/** The store with a point before each change is asked for, and one once it is on disk and nobody was told yet. */
export function killableStore(store: Store, killSwitch: KillSwitch): Store {
  const commit = store.commit.bind(store);
  const killable: Pick<Store, "commit"> = {
    async commit(type, change) {
      killSwitch.reach(`before commit ${type}`);
      const result = await commit(type, change);
      killSwitch.reach(`after commit ${type}`);
      return result;
    },
  };
  return Object.assign(store, killable);
}

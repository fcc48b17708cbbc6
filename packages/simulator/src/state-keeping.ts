import type { DeviceState, StateKeeper } from "@heliograph/agent";
import { stateFile } from "@heliograph/agent/node";
import { join } from "node:path";
import type { Blueprint } from "./blueprint.ts";

/**
 * What a device remembers when it is switched off: in a file where there is a folder for such, else in memory where it will
 * lose power, else nothing, since taking notes of thousands of devices costs time.
 */
export function stateKeeping(
  { key, troubles, transferTrouble }: Blueprint,
  folder: string | undefined,
): StateKeeper | undefined {
  if (folder !== undefined) return stateFile(join(folder, `${key}.json`));
  return troubles.has("rebooting") || transferTrouble !== undefined ? inMemory() : undefined;
}

function inMemory(): StateKeeper {
  let kept: DeviceState | undefined;
  return {
    load: () => kept,
    save(state) {
      kept = state;
    },
  };
}

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type { DeviceState, StateKeeper } from "../state.ts";

/** The state file holds something that no device wrote. */
export class StateFileError extends Error {
  override readonly name = "StateFileError";
  readonly code = "E_STATE_FILE";
  constructor(path: string, options?: ErrorOptions) {
    super(`${path} is no device's state: move it away, and the device starts afresh`, options);
  }
}

/**
 * Keeps a device's state in a file that only its owner can read, since it holds passwords. A new state replaces the old
 * one as a whole, so that a crash leaves one or the other.
 */
export function stateFile(path: string): StateKeeper {
  return {
    load: () => read(path),
    save(state) {
      const fresh = `${path}.new`;
      const file = openSync(fresh, "w", 0o600);
      try {
        writeSync(file, JSON.stringify(state));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, path);
    },
  };
}

function read(path: string): DeviceState | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const state = parse(path, text);
  if (!isState(state)) throw new StateFileError(path);
  return state;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StateFileError(path, { cause });
  }
}

function isState(value: unknown): value is DeviceState {
  return (
    hasObjects(value, ["model", "agenda"]) &&
    hasObjects(value.model, ["rows", "values", "attributes"]) &&
    hasObjects(value.agenda, ["events", "changed", "requests"])
  );
}

function hasObjects<N extends string>(
  value: unknown,
  names: readonly N[],
): value is Readonly<Record<N, Readonly<Record<string, unknown>>>> {
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return names.every((name) => {
    const member = members.get(name);
    return typeof member === "object" && member !== null;
  });
}

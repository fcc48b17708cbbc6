import type { DeviceKey } from "@heliograph/protocol";
import { may, type WatchWish } from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import { refuse, type Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";

/** Somebody who wants to watch a device: their rights are those on it. */
export interface Watching {
  readonly device: DeviceKey;
  readonly manager: Manager;
  readonly wish: WatchWish;
}

/** That somebody may watch at once, by whichever door. */
export const MOST_PATHS = 64;
const USUAL_SECONDS = 10;

/** To watch is to read. Undefined where they may. */
export function notReadable({ device, manager, wish: { paths: reads } }: Watching): Refusal | undefined {
  const calls = [{ method: "GetParameterValues", reads, writes: [] }];
  const verdict = may(manager.rights, { type: "call", device, calls });
  return verdict.type === "allowed" ? undefined : refuse("not-allowed", verdict.reason);
}

export async function writeDown(
  { store, clock }: NorthboundPorts,
  { device, manager, wish }: Watching,
): Promise<void> {
  const { name, authority } = manager;
  const by = { at: clock.now(), manager: name, action: "watch-live", device };
  const grant = authority?.type === "grant" ? { grant: authority.id } : {};
  await store.commit("record-audit", { audit: { ...by, ...grant, detail: { paths: wish.paths } } });
}

/** Where nothing else is wanted, values come every ten seconds. */
export function wishOf(
  paths: readonly string[],
  { interval, changes = false }: { readonly interval?: number; readonly changes?: boolean },
): WatchWish {
  const seconds = interval ?? (changes ? undefined : USUAL_SECONDS);
  return { paths, onChange: changes, ...(seconds === undefined ? {} : { intervalMs: seconds * 1000 }) };
}

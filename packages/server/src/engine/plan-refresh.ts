import type { DeviceKey } from "@heliograph/protocol";
import type { RefreshAsk, RefreshPlan } from "../ports/index.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { beginRefresh } from "./refresh-begin.ts";

/** A plan by what is known of the device; undefined where there is no such device. */
export async function planRefresh(
  key: DeviceKey,
  { paths, bounds }: RefreshAsk,
  { store, quirks, clock }: Pick<EnginePorts, "store" | "quirks" | "clock">,
): Promise<RefreshPlan | undefined> {
  const device = await store.device(key);
  if (device === undefined) return undefined;
  const known = await store.parameters(key, "");
  const { root } = device.facts;
  return beginRefresh({ paths, bounds, root, known, quirks: quirks.of(device), now: clock.now() });
}

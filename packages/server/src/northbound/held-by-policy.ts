import type { DeviceKey } from "@heliograph/protocol";
import { holderOf, reachOf, type DeviceCall, type HeldPolicy, type Store } from "../ports/index.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** Why somebody may not set what they want to: a policy would only set it back. Undefined where none holds it [LIGHT 6]. */
export async function heldByPolicy(
  store: Store,
  device: DeviceKey,
  rpcs: readonly DeviceCall[],
): Promise<Refusal | undefined> {
  const setting = rpcs.filter(({ method }) => method === "SetParameterValues");
  const paths = setting.flatMap((call) => reachOf(call).writes);
  if (paths.length === 0) return undefined;
  const held = holderOf(await policiesOf(store, device), paths);
  if (held === undefined) return undefined;
  const detail = `the policy ${held.policy} holds ${held.path}: change the policy, or take the device out of its group`;
  return refuse("held-by-policy", detail);
}

/** What a device is to hold, except for what it has nothing of. */
async function policiesOf(store: Store, device: DeviceKey): Promise<readonly HeldPolicy[]> {
  const standings = await store.complianceOf(device);
  const held = standings
    .filter(({ state }) => state !== "not-applicable")
    .map(async ({ policy: name, version }): Promise<HeldPolicy[]> => {
      const known = await store.policyVersion(name, version);
      return known === undefined ? [] : [{ name, content: known.content }];
    });
  return (await Promise.all(held)).flat();
}

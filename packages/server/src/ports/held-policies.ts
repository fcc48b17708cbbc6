import type { DeviceKey } from "@heliograph/protocol";
import type { HeldPolicy } from "./policy-merge.ts";
import type { Compliance } from "./policies.ts";
import type { Store } from "./store.ts";

/** What a device is to hold, except for what it has nothing of. */
export async function policiesOf(
  store: Pick<Store, "complianceOf" | "policyVersion">,
  device: DeviceKey,
): Promise<readonly HeldPolicy[]> {
  return policiesIn(store, await store.complianceOf(device));
}

/** What is to be held where a device stands so with its policies, in the order of its standings. */
export async function policiesIn(
  store: Pick<Store, "policyVersion">,
  standings: readonly Pick<Compliance, "policy" | "version" | "state">[],
): Promise<readonly HeldPolicy[]> {
  const held = standings
    .filter(({ state }) => state !== "not-applicable")
    .map(async ({ policy: name, version }): Promise<HeldPolicy[]> => {
      const known = await store.policyVersion(name, version);
      return known === undefined ? [] : [{ name, content: known.content }];
    });
  return (await Promise.all(held)).flat();
}

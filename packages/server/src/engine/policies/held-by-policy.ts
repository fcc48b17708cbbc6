import type { DeviceKey } from "@heliograph/protocol";
import { heldBy, policiesOf, writtenPaths, type RpcAsk, type Store } from "../../ports/index.ts";

/**
 * Why nobody may set what is asked for, whether a person asks or something by itself: a policy would only set it back.
 * Undefined where none holds it, and where it is the policies that ask [LIGHT 6].
 */
export async function heldByPolicy(
  device: DeviceKey,
  { rpcs, bringsAbout }: Pick<RpcAsk, "rpcs" | "bringsAbout">,
  store: Pick<Store, "complianceOf" | "policyVersion">,
): Promise<string | undefined> {
  if (bringsAbout !== undefined) return undefined;
  const paths = writtenPaths(rpcs);
  return paths.length === 0 ? undefined : heldBy(await policiesOf(store, device), paths);
}

import type { DesiredState } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import {
  conflictsAmong,
  inOrder,
  mayRead,
  mergePolicies,
  type Compliance,
  type HeldPolicy,
  type PolicyName,
  type Rights,
  type Store,
} from "../ports/index.ts";
import { visibleObject, visibleValue } from "./show-configuration.ts";

type Origin = Pick<DesiredState["values"][number], "policy" | "version" | "state">;

/** All that a device is to hold, by whose word, and what of it another policy says otherwise; as much as its reader may read. */
export async function desiredState(
  store: Pick<Store, "complianceOf" | "policyVersion">,
  device: DeviceKey,
  rights: Rights,
): Promise<DesiredState> {
  const standings = await store.complianceOf(device);
  const held = await heldPolicies(store, standings);
  const origins = new Map(standings.map((row): [PolicyName, Origin] => [row.policy, originOf(row)]));
  const from = <T>(policy: PolicyName, item: T): (T & Origin)[] => {
    const origin = origins.get(policy);
    return origin === undefined ? [] : [{ ...item, ...origin }];
  };
  const isRead = ({ path }: { readonly path: string }): boolean => mayRead(path, rights.read);
  return {
    values: mergePolicies(held)
      .filter(isRead)
      .flatMap(({ path, value, policy }) => from(policy, { path, value: visibleValue(path, value, rights) })),
    objects: held.flatMap(({ name, content }) =>
      content.objects.flatMap((wanted) => {
        const visible = visibleObject(wanted, rights);
        return visible === undefined ? [] : from(name, visible);
      }),
    ),
    files: held.flatMap(({ name, content: { file } }) => {
      if (file === undefined) return [];
      const { version: _, ...rest } = file;
      return from(name, { ...rest, software: file.version });
    }),
    conflicts: conflictsAmong(held)
      .filter(isRead)
      .map((conflict) => ({ ...conflict, value: visibleValue(conflict.path, conflict.value, rights) })),
  };
}

/** In the order in which they hold; those that the device has nothing of are shown as well. */
async function heldPolicies(
  store: Pick<Store, "policyVersion">,
  standings: readonly Compliance[],
): Promise<readonly HeldPolicy[]> {
  const versions = await Promise.all(standings.map((row) => store.policyVersion(row.policy, row.version)));
  return inOrder(
    versions.flatMap((version) =>
      version === undefined ? [] : [{ name: version.policy, content: version.content }],
    ),
  );
}

function originOf({ policy, version, state }: Compliance): Origin {
  return { policy, version, state };
}

import type { Configuration, ConfigurationVersionList } from "@heliograph/api";
import { groupedEntries, grouped, type CompactValue } from "@heliograph/protocol";
import {
  HIDDEN,
  isSecret,
  mayRead,
  type Compliance,
  type PolicyVersion,
  type Rights,
  type WantedObject,
} from "../ports/index.ts";
import { showCompliance } from "./show-policy.ts";
import { showTime } from "./show-time.ts";

type Shown = ConfigurationVersionList["items"][number];
type Leaves = WantedObject["key"];

export interface Configured {
  readonly version: PolicyVersion;
  readonly standing: Compliance;
}

export function showConfiguration({ version, standing }: Configured, rights: Rights): Configuration {
  const { device } = standing;
  return { device, ...showConfigurationVersion(version, rights), compliance: showCompliance(standing) };
}

/** As much of it as its reader may read. */
export function showConfigurationVersion(
  { version, content, publishedAt, by }: PolicyVersion,
  rights: Rights,
): Shown {
  const { hold, values, objects } = content;
  const readable = [...groupedEntries<CompactValue>(values)]
    .filter(([path]) => mayRead(path, rights.read))
    .map(([path, value]) => [path, visibleValue(path, value, rights)] as const);
  return {
    ...{ version, hold },
    values: grouped(readable),
    objects: objects.flatMap((object) => visibleObject(object, rights) ?? []),
    ...{ set: showTime(publishedAt), by },
  };
}

export function visibleValue(path: string, value: CompactValue, { secrets }: Rights): CompactValue {
  return secrets === "hidden" && isSecret(path) ? HIDDEN : value;
}

/** Undefined where it is in a table that is not read. */
export function visibleObject(wanted: WantedObject, rights: Rights): WantedObject | undefined {
  const { object, key, values } = wanted;
  if (!mayRead(`${object}*.`, rights.read)) return undefined;
  const visible = (leaves: Leaves): Leaves =>
    Object.fromEntries(
      Object.entries(leaves).map(([leaf, value]) => {
        const isHidden = rights.secrets === "hidden" && isSecret(`${object}*.${leaf}`);
        return [leaf, isHidden ? HIDDEN : value];
      }),
    );
  return { object, key: visible(key), values: visible(values) };
}

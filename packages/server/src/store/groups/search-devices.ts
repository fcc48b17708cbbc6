import { dependenciesOf, evaluate, type DeviceKey, type Expression } from "@heliograph/protocol";
import {
  knownFacts,
  type CoverQuery,
  type DeviceRecord,
  type DeviceSearch,
  type Page,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { deviceOf, findDevice } from "../device-rows.ts";
import { optionalText, type Row } from "../row.ts";
import { findAsked } from "./known-parameters.ts";
import { planSearch, type SearchPlan } from "./plan-search.ts";

/** As many devices as are gone through in some hundredths of a second: by the database, by us, and with their parameters. */
const WINDOWS = { columns: 5_000, facts: 1_000, parameters: 200 } as const;

export function searchDevices(db: Database, search: DeviceSearch): Page<DeviceRecord> {
  const { where, now, after = "", limit } = search;
  const plan = planSearch(where, now);
  const last = windowEnd(db, plan, after);
  const hits: DeviceRecord[] = [];
  // What is left to be asked of each may leave none of them over.
  const most = plan.rest === undefined ? limit + 1 : undefined;
  for (const row of rowsOf(db, plan, { after, end: last, most })) {
    const device = deviceOf(row);
    if (!isMeant(db, plan.rest, { device, now })) continue;
    hits.push(device);
    if (hits.length > limit) break;
  }
  const items = hits.slice(0, limit);
  const next = hits.length > limit ? items.at(-1)?.key : last;
  return next === undefined ? { items } : { items, next };
}

/** Found by their keys, one by one: they are as many as somebody can look at. */
export function coveredDevices(db: Database, { where, now, devices }: CoverQuery): readonly DeviceKey[] {
  return devices.filter((key) => {
    const device = findDevice(db, key);
    return device !== undefined && isMeant(db, where, { device, now });
  });
}

interface Window {
  readonly after: string;
  readonly end: string | undefined;
  readonly most: number | undefined;
}

/** The last device that is gone through this time; undefined where all that are left are. */
function windowEnd(db: Database, plan: SearchPlan, after: string): string | undefined {
  const offset = WINDOWS[widthOf(plan)];
  const { found } = plan;
  const row =
    found === undefined
      ? db.get("SELECT key FROM devices WHERE key > :after ORDER BY key LIMIT 1 OFFSET :offset", {
          after,
          offset,
        })
      : db.get(
          `SELECT device AS key FROM searched WHERE fact = :fact AND value = :value AND device > :after
           ORDER BY device LIMIT 1 OFFSET :offset`,
          { ...found, after, offset },
        );
  return row === undefined ? undefined : optionalText(row, "key");
}

function rowsOf(
  db: Database,
  { found, condition }: SearchPlan,
  { after, end, most }: Window,
): readonly Row[] {
  const key = found === undefined ? "devices.key" : "searched.device";
  const conditions = [
    `${key} > :after`,
    ...(end === undefined ? [] : [`${key} <= :end`]),
    ...(found === undefined ? [] : ["searched.fact = :fact AND searched.value = :value"]),
    ...(condition === undefined ? [] : [condition.sql]),
  ];
  const from = found === undefined ? "devices" : "searched JOIN devices ON devices.key = searched.device";
  const bound = most === undefined ? "" : " LIMIT :most";
  return db.all(`SELECT devices.* FROM ${from} WHERE ${conditions.join(" AND ")} ORDER BY ${key}${bound}`, {
    ...condition?.values,
    ...found,
    ...(end === undefined ? {} : { end }),
    ...(most === undefined ? {} : { most }),
    after,
  });
}

function isMeant(
  db: Database,
  rest: Expression | undefined,
  { device, now }: { readonly device: DeviceRecord; readonly now: number },
): boolean {
  if (rest === undefined) return true;
  const parameters = findAsked(db, device.key, [...dependenciesOf(rest).paths]);
  return evaluate(rest, knownFacts(device, parameters, now)) === true;
}

function widthOf({ rest }: SearchPlan): keyof typeof WINDOWS {
  if (rest === undefined) return "columns";
  return dependenciesOf(rest).paths.size === 0 ? "facts" : "parameters";
}

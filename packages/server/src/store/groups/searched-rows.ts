import type { FactName } from "@heliograph/protocol";
import type { DeviceRecord } from "../../ports/index.ts";
import { factValue } from "../../ports/index.ts";
import type { Database } from "../database.ts";

/** The facts by which devices are found without looking at all of them. None of them changes with a heartbeat. */
export const searchedFacts = [
  "serialNumber",
  "tag",
  "softwareVersion",
  "model",
  "productClass",
  "oui",
] as const satisfies readonly FactName[];
export type SearchedFact = (typeof searchedFacts)[number];

/** Writes the rows by which a device is found, of the facts that may have changed. */
export function saveSearched(
  db: Database,
  device: DeviceRecord,
  changed: readonly SearchedFact[] = searchedFacts,
): void {
  for (const fact of changed) {
    const value = factValue(device, fact, 0);
    saveFact(db, device, {
      fact,
      values: value === undefined ? [] : typeof value === "object" ? value : [String(value)],
    });
  }
}

/** The same of one fact that is told. */
export function saveFact(
  db: Database,
  { key }: Pick<DeviceRecord, "key">,
  { fact, values }: { readonly fact: SearchedFact; readonly values: readonly string[] },
): void {
  db.write("DELETE FROM searched WHERE device = :key AND fact = :fact", { key, fact });
  for (const value of values) {
    db.write("INSERT INTO searched (fact, value, device) VALUES (:fact, :value, :key)", { key, fact, value });
  }
}

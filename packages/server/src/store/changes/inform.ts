import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import type { DeviceFacts, NewEvent } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { searchTextOf } from "../device-rows.ts";
import { regroupInformed } from "../groups/membership.ts";
import { saveFact } from "../groups/searched-rows.ts";
import type { Document } from "../document.ts";
import { saveInformParameters } from "../parameter-rows.ts";
import { flag, optionalText, text, type Row } from "../row.ts";
import { tellMonitor } from "./monitor.ts";

/** What an Inform says, whatever connection it came over. */
export interface InformSaid {
  readonly key: DeviceKey;
  readonly at: number;
  readonly facts: DeviceFacts;
  readonly parameters: Document<ParameterValues>;
  readonly booted: boolean;
  readonly bootstrapped: boolean;
  readonly events: readonly NewEvent[];
}

/** Sets what an Inform says of the device; facts that it left out stay known, unless the device starts from nothing. */
export const SET_FACTS = `
  last_inform_at = :at,
  last_boot_at = CASE WHEN :booted = 1 THEN :at ELSE last_boot_at END,
  last_bootstrap_at = CASE WHEN :bootstrapped = 1 THEN :at ELSE last_bootstrap_at END,
  root = coalesce(:root, CASE WHEN :bootstrapped = 1 THEN NULL ELSE root END),
  software_version = coalesce(:software, CASE WHEN :bootstrapped = 1 THEN NULL ELSE software_version END),
  hardware_version = coalesce(:hardware, CASE WHEN :bootstrapped = 1 THEN NULL ELSE hardware_version END),
  connection_request_url = coalesce(:url, CASE WHEN :bootstrapped = 1 THEN NULL ELSE connection_request_url END)`;

/** The values that {@link SET_FACTS} takes, and {@link IS_TOLD}. */
export function factValues({ at, booted, bootstrapped, facts, parameters }: InformSaid) {
  return {
    at,
    parameters,
    booted: Number(booted),
    bootstrapped: Number(bootstrapped),
    root: facts.root ?? null,
    software: facts.softwareVersion ?? null,
    hardware: facts.hardwareVersion ?? null,
    url: facts.connectionRequestUrl ?? null,
  };
}

/**
 * Keeps what stands beside the device's row, which has the facts already, and {@link IS_TOLD}: its search text, its own
 * parameters, and the groups that it belongs to by now, and its monitor.
 */
export function keepParameters(db: Database, said: InformSaid, row: Row): void {
  const { key, at, parameters, bootstrapped } = said;
  const search = searchTextOf(row);
  if (search !== text(row, "search")) {
    db.write("UPDATE devices SET search = :search WHERE key = :key", { search, key });
    const software = optionalText(row, "software_version");
    const values = software === undefined ? [] : [software];
    saveFact(db, { key }, { fact: "softwareVersion", values });
  }
  if (bootstrapped) db.write("DELETE FROM parameters WHERE device = :key", { key });
  if (!flag(row, "is_told")) saveInformParameters(db, key, { at, document: parameters });
  regroupInformed(db, said, row);
  tellMonitor(db, said);
}

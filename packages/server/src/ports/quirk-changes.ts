import type { DeviceKey } from "@heliograph/protocol";
import type { Model, ObservedQuirks, QuirkChoice } from "./quirks.ts";
import type { AuditEntry, NewEvent } from "./records.ts";

export interface LearnQuirks {
  readonly device: DeviceKey;
  readonly observed: ObservedQuirks;
  readonly at: number;
  /** Stored only where something of it was new. */
  readonly events: readonly NewEvent[];
}

/** Not held: there is no such device. */
export interface LearnQuirksResult {
  readonly held: boolean;
  /** Whether something is known of its model now that was not before. */
  readonly models: boolean;
}

export interface SetQuirk {
  readonly scope:
    | { readonly type: "device"; readonly device: DeviceKey }
    | { readonly type: "model"; readonly model: Model };
  readonly quirk: QuirkChoice;
  readonly at: number;
  readonly by: string;
  readonly audit: AuditEntry;
  readonly events: readonly NewEvent[];
}

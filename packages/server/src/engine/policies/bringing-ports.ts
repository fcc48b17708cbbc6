import type { Bus, Clock, FileStore, Log, Store, Vault } from "../../ports/index.ts";

/** What policies are brought about with. */
export interface BringingPorts {
  readonly bus: Bus;
  readonly store: Pick<
    Store,
    | ("complianceWork" | "complianceOf" | "isAnythingHeld" | "policyVersion")
    | ("device" | "operation" | "parameters" | "commit")
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Pick<Vault, "fingerprint">;
  readonly files: Pick<FileStore, "file">;
}

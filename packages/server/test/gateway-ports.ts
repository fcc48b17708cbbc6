import type { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../src/bus/memory.ts";
import { secretKeyVault } from "../src/main/secret-key.ts";
import { systemRandom } from "../src/main/system-random.ts";
import type { LogFields } from "../src/ports/index.ts";
import type { SouthboundPorts } from "../src/southbound/southbound-ports.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields | undefined;
}

export interface Observed {
  readonly clock: VirtualClock;
  /** What is logged is added to it. */
  readonly log: LogLine[];
}

/** What a gateway stands on, with the real store at `path`. */
export async function openGatewayPorts(path: string, { clock, log }: Observed): Promise<SouthboundPorts> {
  const line = (level: LogLine["level"]) => (event: string, fields?: LogFields) => {
    log.push({ level, event, fields });
  };
  return {
    clock,
    random: systemRandom,
    vault: secretKeyVault("0f".repeat(32)),
    bus: memoryBus({
      clock,
      onError: (error) => {
        throw error;
      },
    }),
    store: await openSqliteStore({ path }),
    log: { info: line("info"), warn: line("warn"), error: line("error") },
  };
}

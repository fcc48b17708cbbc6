import type { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../src/bus/memory.ts";
import { secretKeyVault } from "../src/main/secret-key.ts";
import { systemRandom } from "../src/main/system-random.ts";
import { quirkBook, type LogFields, type ModelQuirks, type TraceDesk } from "../src/ports/index.ts";
import { Engines } from "../src/southbound/engines.ts";
import { LoadGate } from "../src/southbound/load-gate.ts";
import type { GatewayPorts } from "../src/southbound/southbound-ports.ts";
import type { LoadBounds } from "../src/southbound/load.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import { untraced } from "./untraced.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields | undefined;
}

export interface Observed {
  readonly clock: VirtualClock;
  /** What is logged is added to it. */
  readonly log: LogLine[];
  /** What is too much, where it is not the usual. */
  readonly load?: Partial<LoadBounds>;
  /** Who is traced; left out: nobody. */
  readonly traces?: TraceDesk;
  /** What is known of models. */
  readonly models?: readonly ModelQuirks[];
}

/** What a gateway stands on, with the real store at `path`. */
export async function openGatewayPorts(
  path: string,
  { clock, log, load = {}, models = [], traces = untraced }: Observed,
): Promise<GatewayPorts> {
  const line = (level: LogLine["level"]) => (event: string, fields?: LogFields) => {
    log.push({ level, event, fields });
  };
  const lines = { info: line("info"), warn: line("warn"), error: line("error") };
  const eventLoop = { sample: () => ({ lagMs: 0, utilization: 0 }) };
  const bus = memoryBus({
    clock,
    onError: (error) => {
      throw error;
    },
  });
  return {
    engines: new Engines({ bus, clock }),
    load: new LoadGate({ clock, random: systemRandom, log: lines, eventLoop }, load),
    clock,
    random: systemRandom,
    vault: secretKeyVault("0f".repeat(32)),
    bus,
    store: await openSqliteStore({ path, thread: "caller" }),
    log: lines,
    quirks: quirkBook(models),
    traces,
  };
}

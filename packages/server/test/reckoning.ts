import type { DeviceEvent } from "@heliograph/api";
import { isOpen, type Told } from "./caller.ts";
import type { DeviceLedger } from "./device-ledger.ts";
import { mustRunOnce } from "./marked-call.ts";

/** One operation as everybody who had to do with it saw it. */
export interface Account {
  readonly method: string;
  readonly mark: string;
  /** Undefined where the caller was never told that it was accepted. */
  readonly state: string | undefined;
  /** How often the device ran it. */
  readonly runs: number;
  /** What must not be. */
  readonly faults: readonly string[];
}

/** Compares what callers were told with what devices ran. */
export function reckon(told: readonly Told[], ledger: DeviceLedger): readonly Account[] {
  return told.map((one) => {
    const { method, mark, operation, contradictions } = one;
    const runs = ledger.runs(mark);
    const faults = [...contradictions, ...faultsOf(one, runs)];
    return { method, mark, state: operation?.state, runs, faults };
  });
}

function faultsOf({ method, operation }: Told, runs: number): readonly string[] {
  if (operation === undefined) return ["nobody accepted it"];
  const { state, result, reason, transfer } = operation;
  const once = mustRunOnce(method);
  const faults: string[] = [];
  if (isOpen(operation)) faults.push(`it is still ${state}`);
  if (once && runs > 1) faults.push(`it ran ${runs} times`);
  if (state === "done" && runs === 0) faults.push("it is done, but never ran");
  // What the device reports of a transfer says as much as the answer that was lost.
  const isTold = result !== undefined || transfer?.report !== undefined;
  if (state === "done" && !isTold) faults.push("it is done without a result");
  // These devices refuse nothing, nobody cancels, and nothing expires within a test.
  if (!isOpen(operation) && state !== "done" && state !== "outcome-unknown") {
    faults.push(`it ended ${state}${reason === undefined ? "" : `: ${reason}`}`);
  }
  return faults;
}

/** CommandKeys of transfers whose TransferComplete was answered, and which are not stored exactly once. */
export function misreported(reported: readonly string[], events: readonly DeviceEvent[]): readonly string[] {
  const stored = events.filter(({ name }) => name === "transfer-complete-report").map(commandKeyOf);
  return reported.filter((key) => stored.filter((other) => other === key).length !== 1);
}

function commandKeyOf({ data }: DeviceEvent): unknown {
  const { params } = data;
  return typeof params === "object" && params !== null ? Reflect.get(params, "CommandKey") : undefined;
}

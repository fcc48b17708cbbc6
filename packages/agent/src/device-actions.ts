import type { AcsRequest } from "@heliograph/protocol";
import { dateTimeOf } from "./device-clock.ts";
import type { DeviceClock } from "./device-clock.ts";
import type { DeviceActions } from "./device-handlers.ts";
import type { DeviceEvent } from "./events.ts";
import type { ScheduledWork } from "./scheduled-work.ts";
import { withinWindows } from "./time-windows.ts";
import type { TimeWindow } from "./time-windows.ts";
import { askedBy, transferFault } from "./transfer.ts";
import type { Transfer, TransferHandler } from "./transfer.ts";

export interface ActionsOptions extends Pick<DeviceActions, "restart" | "resetToFactory"> {
  readonly clock: DeviceClock;
  readonly work: ScheduledWork;
  /** Undefined for a device that moves no files. */
  readonly transfer: TransferHandler | undefined;
  /** Requests that the ACS did not answer yet. */
  readonly waiting: () => number;
  /** Tells the ACS of the events, and of the request that goes with them. */
  readonly tell: (events: readonly DeviceEvent[], request?: AcsRequest) => void;
  /** Without an order of the ACS, as firmware is applied. */
  readonly reboot: () => void;
}

/** What a device does for its ACS once the answer has left, beside restarts. */
export function deviceActions(options: ActionsOptions): DeviceActions {
  const { restart, resetToFactory, work, waiting, tell, transfer } = options;
  const schedule = (seconds: number, action: () => Promise<void>): boolean =>
    work.schedule(seconds, action, { waiting: waiting() });
  return {
    restart,
    resetToFactory,
    informAfter: (seconds, CommandKey) =>
      schedule(seconds, async () =>
        tell([{ EventCode: "3 SCHEDULED" }, { EventCode: "M ScheduleInform", CommandKey }]),
      ),
    transferAfter:
      transfer &&
      ((seconds, what, windows) => {
        const move = mover(transfer, { ...options, what, windows });
        return schedule(seconds, async () => carryOut(what, move, options));
      }),
  };
}

interface Moving extends Pick<ActionsOptions, "clock" | "work"> {
  readonly what: Transfer;
  readonly windows: readonly TimeWindow[] | undefined;
}

/** Moves the file, at once or in its windows, which count from now. */
function mover(transfer: TransferHandler, { clock, work, what, windows }: Moving): () => Promise<void> {
  const move = async (): Promise<void> => transfer(what);
  if (windows === undefined) return move;
  const asked = clock.now();
  const pause = async (delayMs: number): Promise<void> => work.pause(delayMs);
  return async () => withinWindows(move, windows, { asked, now: () => clock.now(), pause });
}

/** Tells the ACS how a transfer ended [CWMP 1.4 A.3.3.2]. */
async function carryOut(
  transfer: Transfer,
  move: () => Promise<void>,
  { clock, tell, reboot }: ActionsOptions,
): Promise<void> {
  const { kind, CommandKey = "" } = transfer;
  const StartTime = dateTimeOf(clock.now());
  const FaultStruct = await move().then(
    () => transferFault(kind),
    (error: unknown) => transferFault(kind, error),
  );
  const params = { CommandKey, FaultStruct, StartTime, CompleteTime: dateTimeOf(clock.now()) };
  tell([{ EventCode: `M ${askedBy(transfer)}`, CommandKey }, { EventCode: "7 TRANSFER COMPLETE" }], {
    method: "TransferComplete",
    params,
  });
  const isFirmware = kind === "Download" && transfer.FileType.startsWith("1 ");
  if (isFirmware && FaultStruct.FaultCode === 0) reboot();
}

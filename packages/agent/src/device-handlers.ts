import { UNKNOWN_TIME } from "@heliograph/protocol";
import type { Handlers } from "./dispatch.ts";
import { answered, faulted } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { firstStart, windowRefusal } from "./time-windows.ts";
import type { TimeWindow } from "./time-windows.ts";
import type { Transfer } from "./transfer.ts";

/** What a device can be told to do once its answer has left. */
export interface DeviceActions {
  restart(commandKey: string): void;
  resetToFactory(): void;
  /** False where too much is scheduled already. */
  informAfter(seconds: number, commandKey: string): boolean;
  /** Undefined for a device that moves no files; false where too many transfers wait. */
  readonly transferAfter: TransferAfter | undefined;
}

/** With windows, the transfer is tried in those. */
type TransferAfter = (seconds: number, transfer: Transfer, windows?: readonly TimeWindow[]) => boolean;

/** Accepted, but not done yet: TransferComplete tells of the end [CWMP 1.4 A.3.2.8]. */
const ACCEPTED = { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME } as const;

/** The RPCs that a device serves beside its data model. */
export function deviceHandlers(actions: DeviceActions): Handlers {
  const { transferAfter } = actions;
  return {
    Reboot: ({ CommandKey = "" }) => {
      actions.restart(CommandKey);
      return answered({});
    },
    FactoryReset: () => {
      actions.resetToFactory();
      return answered({});
    },
    ScheduleInform: ({ DelaySeconds, CommandKey = "" }) => {
      if (DelaySeconds === 0) return faulted(9003, "DelaySeconds must be 1 or more");
      return actions.informAfter(DelaySeconds, CommandKey) ? answered({}) : faulted(9004);
    },
    ...(transferAfter === undefined ? {} : transferHandlers(transferAfter)),
  };
}

function transferHandlers(transferAfter: TransferAfter): Handlers {
  const accepted = (transfer: Transfer): Outcome<typeof ACCEPTED> =>
    transferAfter(transfer.DelaySeconds ?? 0, transfer) ? answered(ACCEPTED) : faulted(9004);
  return {
    Download: (params) => accepted({ kind: "Download", ...params }),
    Upload: (params) => accepted({ kind: "Upload", ...params }),
    ScheduleDownload: ({ TimeWindowList: windows, ...params }) => {
      const refusal = windowRefusal(windows);
      if (refusal !== undefined) return faulted(9003, refusal);
      const download = { kind: "Download", by: "ScheduleDownload", ...params } as const;
      // Whoever is idle anyway begins with the first window [CWMP 1.4 A.4.1.8].
      return transferAfter(firstStart(windows), download, windows) ? answered({}) : faulted(9004);
    },
  };
}

import { UNKNOWN_TIME } from "@heliograph/protocol";
import type { Handlers } from "./dispatch.ts";
import { answered, faulted } from "./outcome.ts";
import type { Transfer } from "./transfer.ts";

/** What a device can be told to do once its answer has left. */
export interface DeviceActions {
  restart(commandKey: string): void;
  resetToFactory(): void;
  informAfter(seconds: number, commandKey: string): void;
  /** Undefined for a device that moves no files. */
  readonly transferAfter: ((seconds: number, transfer: Transfer) => void) | undefined;
}

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
      actions.informAfter(DelaySeconds, CommandKey);
      return answered({});
    },
    ...(transferAfter === undefined ? {} : transferHandlers(transferAfter)),
  };
}

function transferHandlers(transferAfter: (seconds: number, transfer: Transfer) => void): Handlers {
  return {
    Download: (params) => {
      transferAfter(params.DelaySeconds ?? 0, { kind: "Download", ...params });
      return answered(ACCEPTED);
    },
    Upload: (params) => {
      transferAfter(params.DelaySeconds ?? 0, { kind: "Upload", ...params });
      return answered(ACCEPTED);
    },
  };
}

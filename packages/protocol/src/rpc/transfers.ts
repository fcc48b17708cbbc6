import { COMMAND_KEY_CHARS } from "./control.ts";
import { rpc } from "./definition.ts";
import type { NumberRange } from "./field.ts";
import { status } from "./parameters.ts";
import { boolean, dateTime, defaulted, int, struct, structArray, text, unsignedInt } from "./field.ts";

const MAX_QUEUED = 16;
const URL_CHARS = 256;

/** A numbered kind such as `1 Firmware Upgrade Image`, or a vendor's own, `X <OUI> ...`. */
const kind = text(64, /^(?:[1-9][0-9]*(?: \S+)+|X \S+ .+)$/);

const file = {
  CommandKey: defaulted(text(COMMAND_KEY_CHARS)),
  FileType: kind,
  URL: text(URL_CHARS),
  Username: defaulted(text(256)),
  Password: defaulted(text(256)),
};

const times = { StartTime: dateTime(), CompleteTime: dateTime() };

const queued = { CommandKey: defaulted(text(COMMAND_KEY_CHARS)), State: int([1, 3]) };

const TRANSFER_FAULTS: readonly NumberRange[] = [
  [0, 0],
  [9001, 9002],
  [9010, 9012],
  [9014, 9020],
  [9033, 9899],
];

/** FaultCode 0 says that the transfer went well [CWMP 1.4 A.3.3.2]. */
const transferFault = struct({
  FaultCode: unsignedInt(...TRANSFER_FAULTS),
  FaultString: defaulted(text(256)),
});

/** Files to and from the device [CWMP 1.4 A.3.2.8, A.4.1.5, A.4.1.7–A.4.1.9]. */
export const transferRpcs = {
  Download: rpc({
    since: "1.0",
    resend: "never",
    evidence: "M Download",
    request: {
      ...file,
      FileSize: defaulted(unsignedInt()),
      TargetFileName: defaulted(text(256)),
      DelaySeconds: defaulted(unsignedInt()),
      SuccessURL: defaulted(text(URL_CHARS)),
      FailureURL: defaulted(text(URL_CHARS)),
    },
    answer: { Status: status, ...times },
  }),
  Upload: rpc({
    since: "1.0",
    resend: "never",
    evidence: "M Upload",
    request: { ...file, DelaySeconds: defaulted(unsignedInt()) },
    answer: { Status: status, ...times },
  }),
  ScheduleDownload: rpc({
    since: "1.2",
    resend: "never",
    evidence: "M ScheduleDownload",
    request: {
      ...file,
      FileSize: defaulted(unsignedInt()),
      TargetFileName: defaulted(text(256)),
      TimeWindowList: structArray(
        "TimeWindowStruct",
        {
          WindowStart: unsignedInt(),
          WindowEnd: unsignedInt(),
          WindowMode: kind,
          UserMessage: defaulted(text(256)),
          MaxRetries: int(),
        },
        { least: 1, greatest: 2 },
      ),
    },
    answer: {},
  }),
  CancelTransfer: rpc({
    since: "1.2",
    resend: "freely",
    request: { CommandKey: text(COMMAND_KEY_CHARS) },
    answer: {},
  }),
  GetQueuedTransfers: rpc({
    since: "1.0",
    reads: true,
    resend: "freely",
    request: {},
    answer: { TransferList: structArray("QueuedTransferStruct", queued, { greatest: MAX_QUEUED }) },
  }),
  GetAllQueuedTransfers: rpc({
    since: "1.1",
    reads: true,
    resend: "freely",
    request: {},
    answer: {
      TransferList: structArray(
        "AllQueuedTransferStruct",
        {
          ...queued,
          IsDownload: boolean(),
          FileType: kind,
          FileSize: defaulted(unsignedInt()),
          TargetFileName: defaulted(text(256)),
        },
        { greatest: MAX_QUEUED },
      ),
    },
  }),
};

/** What a device says of transfers [CWMP 1.4 A.3.3.2, A.3.3.3, A.4.2.2]. */
export const transferNotices = {
  TransferComplete: rpc({
    since: "1.0",
    resend: "freely",
    request: { CommandKey: defaulted(text(COMMAND_KEY_CHARS)), FaultStruct: transferFault, ...times },
    answer: {},
  }),
  AutonomousTransferComplete: rpc({
    since: "1.1",
    resend: "freely",
    request: {
      AnnounceURL: defaulted(text(1024)),
      TransferURL: defaulted(text(1024)),
      IsDownload: boolean(),
      FileType: kind,
      FileSize: defaulted(unsignedInt()),
      TargetFileName: defaulted(text(256)),
      FaultStruct: transferFault,
      ...times,
    },
    answer: {},
  }),
  RequestDownload: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      FileType: kind,
      FileTypeArg: defaulted(
        structArray("ArgStruct", { Name: text(64), Value: text(256) }, { greatest: 16 }),
      ),
    },
    answer: {},
  }),
};

import { COMMAND_KEY_CHARS } from "./control.ts";
import { rpc } from "./definition.ts";
import { boolean, dateTime, defaulted, int, struct, structArray, text, unsignedInt } from "./field.ts";

const MAX_QUEUED = 16;
const URL_CHARS = 256;
const FILE_TYPE_CHARS = 64;

const file = {
  CommandKey: defaulted(text(COMMAND_KEY_CHARS)),
  FileType: text(FILE_TYPE_CHARS),
  URL: text(URL_CHARS),
  Username: defaulted(text(256)),
  Password: defaulted(text(256)),
};

const times = { StartTime: dateTime(), CompleteTime: dateTime() };

const queued = { CommandKey: defaulted(text(COMMAND_KEY_CHARS)), State: int() };

/** FaultCode 0 says that the transfer went well [CWMP 1.4 A.3.3.2]. */
const transferFault = struct({ FaultCode: unsignedInt(), FaultString: defaulted(text(256)) });

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
    answer: { Status: int(), ...times },
  }),
  Upload: rpc({
    since: "1.0",
    resend: "never",
    evidence: "M Upload",
    request: { ...file, DelaySeconds: defaulted(unsignedInt()) },
    answer: { Status: int(), ...times },
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
          WindowMode: text(64),
          UserMessage: defaulted(text(256)),
          MaxRetries: int(),
        },
        2,
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
    resend: "freely",
    request: {},
    answer: { TransferList: structArray("QueuedTransferStruct", queued, MAX_QUEUED) },
  }),
  GetAllQueuedTransfers: rpc({
    since: "1.1",
    resend: "freely",
    request: {},
    answer: {
      TransferList: structArray(
        "AllQueuedTransferStruct",
        {
          ...queued,
          IsDownload: boolean(),
          FileType: text(FILE_TYPE_CHARS),
          FileSize: defaulted(unsignedInt()),
          TargetFileName: defaulted(text(256)),
        },
        MAX_QUEUED,
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
      FileType: text(FILE_TYPE_CHARS),
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
      FileType: text(FILE_TYPE_CHARS),
      FileTypeArg: defaulted(structArray("ArgStruct", { Name: text(64), Value: text(256) }, 16)),
    },
    answer: {},
  }),
};

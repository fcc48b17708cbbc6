import { COMMAND_KEY_CHARS } from "./control.ts";
import { rpc } from "./definition.ts";
import type { NumberRange } from "./field.ts";
import {
  boolean,
  dateTime,
  defaulted,
  optional,
  repeated,
  struct,
  text,
  unsignedInt,
  variant,
} from "./field.ts";

const TEXT_CHARS = 65_536;
const uuid = text(36, /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/);
/** Of the characters that a URI may have; a user and a password have their own fields. */
const url = text(
  1024,
  /^[A-Za-z][0-9A-Za-z+.-]*:\/\/(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?](?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/,
);
const version = text(32);
const credentials = { Username: optional(text(256)), Password: optional(text(256)) };

const UNIT_FAULTS: readonly NumberRange[] = [
  [0, 0],
  [9001, 9001],
  [9003, 9003],
  [9012, 9013],
  [9015, 9018],
  [9022, 9899],
];

const result = {
  UUID: uuid,
  DeploymentUnitRef: defaulted(text(TEXT_CHARS)),
  Version: defaulted(version),
  CurrentState: text(TEXT_CHARS, /^(?:Installed|Uninstalled|Failed)$/),
  Resolved: boolean(),
  ExecutionUnitRefList: defaulted(text(TEXT_CHARS)),
  StartTime: dateTime(),
  CompleteTime: dateTime(),
  Fault: struct({ FaultCode: unsignedInt(...UNIT_FAULTS), FaultString: optional(text(TEXT_CHARS)) }),
};

/** Deployment units [CWMP 1.4 A.4.1.10]. */
export const softwareModuleRpcs = {
  ChangeDUState: rpc({
    since: "1.2",
    resend: "never",
    evidence: "M ChangeDUState",
    request: {
      Operations: repeated(
        variant({
          InstallOpStruct: {
            URL: url,
            UUID: optional(uuid),
            ...credentials,
            ExecutionEnvRef: optional(text(256)),
          },
          UpdateOpStruct: {
            UUID: optional(uuid),
            Version: optional(version),
            URL: optional(url),
            ...credentials,
          },
          UninstallOpStruct: { UUID: uuid, Version: optional(version), ExecutionEnvRef: optional(text(256)) },
        }),
      ),
      CommandKey: optional(text(COMMAND_KEY_CHARS)),
    },
    answer: {},
  }),
};

/** What a device says of deployment units [CWMP 1.4 A.4.2.3, A.4.2.4]. */
export const softwareModuleNotices = {
  DUStateChangeComplete: rpc({
    since: "1.2",
    resend: "freely",
    request: { Results: repeated(struct(result)), CommandKey: optional(text(COMMAND_KEY_CHARS)) },
    answer: {},
  }),
  AutonomousDUStateChangeComplete: rpc({
    since: "1.2",
    resend: "freely",
    request: { Results: repeated(struct({ ...result, OperationPerformed: text(TEXT_CHARS) })) },
    answer: {},
  }),
};

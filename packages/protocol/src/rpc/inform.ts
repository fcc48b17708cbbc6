import { COMMAND_KEY_CHARS } from "./control.ts";
import { rpc } from "./definition.ts";
import { dateTime, defaulted, parameterList, struct, structArray, text, unsignedInt } from "./field.ts";

/** CWMP bounds the events of one Inform to 64 [CWMP 1.4 schema]. */
export const MAX_EVENTS = 64;

/** How a device opens a session, and what is left of Kicked [CWMP 1.4 A.3.3.1, A.4.2.1]. */
export const informRpcs = {
  Inform: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      DeviceId: struct({
        Manufacturer: text(64),
        OUI: text(6, /^[0-9A-F]{6}$/),
        ProductClass: text(64),
        SerialNumber: text(64),
      }),
      Event: structArray(
        "EventStruct",
        {
          EventCode: text(64, /^(?:[0-9]+(?: \S+)+|M \S+|X \S+ .+)$/),
          CommandKey: defaulted(text(COMMAND_KEY_CHARS)),
        },
        { greatest: MAX_EVENTS },
      ),
      MaxEnvelopes: unsignedInt(),
      CurrentTime: dateTime(),
      RetryCount: unsignedInt(),
      ParameterList: parameterList("parameter-values"),
    },
    answer: { MaxEnvelopes: unsignedInt() },
  }),
  Kicked: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      Command: defaulted(text(32)),
      Referer: defaulted(text(64)),
      Arg: defaulted(text(256)),
      Next: defaulted(text(1024)),
    },
    answer: { NextURL: defaulted(text(1024)) },
  }),
};

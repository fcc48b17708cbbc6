import { BASE64 } from "../model/lexical.ts";
import { rpc } from "./definition.ts";
import { defaulted, structArray, dateTime, int, optional, text, textArray, unsignedInt } from "./field.ts";

/** CWMP bounds every CommandKey to 32 characters [CWMP 1.4 schema]. */
export const COMMAND_KEY_CHARS = 32;

/** Restarting a device and having it call [CWMP 1.4 A.3.2.9, A.4.1.6, A.4.1.2]. */
export const controlRpcs = {
  Reboot: rpc({
    since: "1.0",
    resend: "never",
    evidence: "M Reboot",
    request: { CommandKey: defaulted(text(COMMAND_KEY_CHARS)) },
    answer: {},
  }),
  FactoryReset: rpc({
    since: "1.0",
    resend: "never",
    evidence: "0 BOOTSTRAP",
    request: {},
    answer: {},
  }),
  ScheduleInform: rpc({
    since: "1.0",
    resend: "never",
    evidence: "M ScheduleInform",
    request: { DelaySeconds: unsignedInt(), CommandKey: defaulted(text(COMMAND_KEY_CHARS)) },
    answer: {},
  }),
};

const voucher = text(65_536, BASE64);

/** Options bought by voucher; deprecated, spoken where a device still has them [CWMP 1.4 A.4.1.3, A.4.1.4]. */
export const optionRpcs = {
  SetVouchers: rpc({
    since: "1.0",
    resend: "never",
    request: {
      VoucherList: { ...textArray(voucher, { least: 1 }), itemName: "base64", itemPrefix: "soap-enc" },
    },
    answer: {},
  }),
  GetOptions: rpc({
    since: "1.0",
    reads: true,
    resend: "freely",
    request: { OptionName: defaulted(text(64)) },
    answer: {
      OptionList: structArray("OptionStruct", {
        OptionName: text(64),
        VoucherSN: unsignedInt(),
        State: unsignedInt([0, 3]),
        Mode: int([0, 2]),
        StartDate: dateTime(),
        ExpirationDate: optional(dateTime()),
        IsTransferable: int([0, 1]),
      }),
    },
  }),
};

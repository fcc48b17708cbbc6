import { rpc } from "./definition.ts";
import { boolean, defaulted, int, parameterList, text, textArray, unsignedInt } from "./field.ts";
import { MAX_PATH_CHARS } from "../model/path.ts";

const PARAMETER_KEY_CHARS = 32;

/** Reading and writing the data model [CWMP 1.4 A.3.2.1–A.3.2.7]. */
export const parameterRpcs = {
  SetParameterValues: rpc({
    since: "1.0",
    resend: "unless-written",
    request: {
      ParameterList: parameterList("parameter-values"),
      ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)),
    },
    answer: { Status: int() },
  }),
  GetParameterValues: rpc({
    since: "1.0",
    resend: "freely",
    request: { ParameterNames: textArray(MAX_PATH_CHARS) },
    answer: { ParameterList: parameterList("parameter-values") },
  }),
  GetParameterNames: rpc({
    since: "1.0",
    resend: "freely",
    request: { ParameterPath: defaulted(text(MAX_PATH_CHARS)), NextLevel: boolean() },
    answer: { ParameterList: parameterList("parameter-names") },
  }),
  SetParameterAttributes: rpc({
    since: "1.0",
    resend: "freely",
    request: { ParameterList: parameterList("set-parameter-attributes") },
    answer: {},
  }),
  GetParameterAttributes: rpc({
    since: "1.0",
    resend: "freely",
    request: { ParameterNames: textArray(MAX_PATH_CHARS) },
    answer: { ParameterList: parameterList("parameter-attributes") },
  }),
  AddObject: rpc({
    since: "1.0",
    resend: "never",
    request: { ObjectName: text(MAX_PATH_CHARS), ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)) },
    answer: { InstanceNumber: unsignedInt(), Status: int() },
  }),
  DeleteObject: rpc({
    since: "1.0",
    resend: "never",
    request: { ObjectName: text(MAX_PATH_CHARS), ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)) },
    answer: { Status: int() },
  }),
};

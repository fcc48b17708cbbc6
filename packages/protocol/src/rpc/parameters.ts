import { rpc } from "./definition.ts";
import { boolean, defaulted, int, parameterList, text, textArray, unsignedInt } from "./field.ts";
import { MAX_UNSIGNED_INT } from "../model/lexical.ts";
import { MAX_PATH_CHARS } from "../model/path.ts";

const PARAMETER_KEY_CHARS = 32;

/** 0: done; 1: accepted, but not in effect yet [CWMP 1.4 A.3.2.1]. */
export const status = int([0, 1]);

/** Ends with a dot. */
const objectName = text(MAX_PATH_CHARS, /^.*\.$/);

/** Reading and writing the data model [CWMP 1.4 A.3.2.1–A.3.2.7]. */
export const parameterRpcs = {
  SetParameterValues: rpc({
    since: "1.0",
    resend: "unless-written",
    request: {
      ParameterList: parameterList("parameter-values"),
      ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)),
    },
    answer: { Status: status },
  }),
  GetParameterValues: rpc({
    since: "1.0",
    reads: true,
    resend: "freely",
    request: { ParameterNames: textArray(text(MAX_PATH_CHARS), { least: 1 }) },
    answer: { ParameterList: parameterList("parameter-values") },
  }),
  GetParameterNames: rpc({
    since: "1.0",
    reads: true,
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
    reads: true,
    resend: "freely",
    request: { ParameterNames: textArray(text(MAX_PATH_CHARS), { least: 1 }) },
    answer: { ParameterList: parameterList("parameter-attributes") },
  }),
  AddObject: rpc({
    since: "1.0",
    resend: "never",
    request: { ObjectName: objectName, ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)) },
    answer: { InstanceNumber: unsignedInt([1, MAX_UNSIGNED_INT]), Status: status },
  }),
  DeleteObject: rpc({
    since: "1.0",
    resend: "never",
    request: { ObjectName: objectName, ParameterKey: defaulted(text(PARAMETER_KEY_CHARS)) },
    answer: { Status: status },
  }),
};

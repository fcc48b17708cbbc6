import {
  accept,
  CWMP_1_0,
  decodeAcsAnswer,
  encodeAnswer,
  encodeFault,
  faultText,
  problems,
  refuse,
} from "@heliograph/protocol";
import type { AcsRequest, Fault, Problem, SoapBody } from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { DeviceStyle } from "../../ports/index.ts";
import type { Manner } from "../cwmp/messages.ts";
import type { RawAnswer } from "./codec.ts";

/** What the body of a device's envelope says, whatever the envelope came in. */
export type SoapSaid =
  | { readonly type: "request"; readonly method: string; readonly request: AcsRequest }
  /** A request that only a fault can answer. */
  | { readonly type: "refused"; readonly method: string; readonly fault: Fault }
  /** A fault names no method. */
  | { readonly type: "answer"; readonly method: string | undefined; readonly answer: RawAnswer };

export function saidIn(body: SoapBody<"acs">): SoapSaid {
  switch (body.kind) {
    case "request":
      return { type: "request", method: body.method, request: body };
    case "answer":
      return { type: "answer", method: body.method, answer: { named: accept(body) } };
    case "fault":
      return { type: "answer", method: undefined, answer: { fault: body.fault } };
    case "unknown-method": {
      const { method, part } = body;
      const problem: Problem = {
        reason: "unknown-method",
        at: "Envelope/Body",
        detail: `there is no ${method}`,
      };
      return part === "answer"
        ? { type: "answer", method, answer: { named: refuse(problem.reason, problem.at, problem.detail) } }
        : {
            type: "refused",
            method,
            fault: { code: problems[problem.reason].acsFault, message: faultText(8000) },
          };
    }
    case "malformed": {
      const { method, part, problem } = body;
      return part === "answer"
        ? { type: "answer", method, answer: { named: { ok: false, problem } } }
        : { type: "refused", method, fault: faultOf(problem) };
    }
    default:
      return unreachable(body);
  }
}

/** What is wrong with a message, for the person who reads the device's log. */
export function faultOf({ reason, at, detail }: Problem): Fault {
  const code = problems[reason].acsFault;
  return { code, message: `${faultText(code)}: ${at}: ${detail}` };
}

/** How a device writes that was seen over HTTP, or of which nothing is known. */
export function mannerOf(style: DeviceStyle | undefined): Manner {
  if (style === undefined) return { namespace: CWMP_1_0, style: {} };
  return { namespace: style.namespace, style: { declaration: style.declaration } };
}

export interface Addressed {
  readonly manner: Manner;
  /** The `cwmp:ID` of what is answered; absent where it had none. */
  readonly id: string | undefined;
}

/** The ACS's answer to a method of its own. */
export function writeResult(to: Addressed, method: string, result: object): string {
  const answer = decodeAcsAnswer(method, result);
  if (!answer.ok) throw new Error(`cannot write an answer to ${method}: ${answer.problem.detail}`);
  return encodeAnswer({ ...frameOf(to), ...answer.value });
}

export function writeRefusal(to: Addressed, { code, message }: Fault): string {
  return encodeFault({ ...frameOf(to), role: "acs", fault: { code: soapCode(code), message } });
}

/** JSON-RPC's codes in the words of CWMP. */
function soapCode(code: number): number {
  if (code >= 0) return code;
  const reason = code === problems["unknown-method"].jsonRpcError ? "unknown-method" : "bad-field";
  return problems[reason].acsFault;
}

function frameOf({ manner: { namespace, style }, id }: Addressed) {
  return { namespace, style, ...(id === undefined ? {} : { id }) };
}

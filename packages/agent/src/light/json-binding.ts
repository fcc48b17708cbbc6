import {
  accept,
  checkParams,
  closeCodes,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  lightRpcs,
  positionalAnswer,
  problems,
  refusalOf,
} from "@heliograph/protocol";
import type { Decoded, DeviceAnswer, Fault, Problem, Token, TokenId } from "@heliograph/protocol";
import { NOTHING } from "./binding.ts";
import type { Attachment, CallAnswer, Heard, LightBinding, LightSpeech } from "./binding.ts";
import type { LinkMessage } from "./link.ts";

const READING = { role: "device", limits: defaultLimits } as const;
const NO_METHOD = problems["unknown-method"].jsonRpcError;
const BINARY: Heard = {
  type: "unreadable",
  code: closeCodes.unreadable.code,
  detail: "bytes in place of a text",
};

/** Remembers nothing. */
const speech: LightSpeech = {
  isOneAtATime: false,
  opening: undefined,
  heartBeat: "",
  read: (message) => [readMessage(message)],
  writeRequest: (id, { method, params }) => encodeTokenRequest({ id, method, params }),
  writeAttach: (id, { wishes }) => encodeTokenRequest({ id, method: "Attach", params: wishes }),
  readAttached: readAttachAnswer,
  writeAnswer,
  writeResult: (id, params) => encodeTokenRequest({ id, method: "PublishResult", params }),
  writeObserved: (id, { fault, result }) =>
    fault === undefined ? encodeTokenAnswer(id, result) : encodeTokenFault(id, fault),
  writeValues: (params) => encodeTokenRequest({ method: "Publish", params }),
  writeParting: () => undefined,
};

/** `cwmp.json`: each message is one JSON-RPC 2.0 object [LIGHT 3]. */
export const jsonBinding: LightBinding = { subprotocol: "cwmp.json", open: () => speech };

/** What the answer to an Attach says, as a token carries it. */
export function readAttachAnswer(result: unknown): Decoded<Attachment> {
  const answer = checkParams(lightRpcs.Attach.answer, result, { strictness: "kinds" });
  if (!answer.ok) return answer;
  const { Token: token, ExpiresIn: expiresIn, PingInterval, MaxMessageBytes, Channels } = answer.value;
  return accept({
    fresh: { token, expiresIn },
    pingInterval: PingInterval,
    maxMessageBytes: MaxMessageBytes,
    ...(Channels === undefined ? {} : { channels: new Set(Object.keys(Channels)) }),
  });
}

/** The result as JSON carries it: values alone where only they are wanted. */
export function resultOf(answer: DeviceAnswer, names: readonly string[] | undefined): object {
  if (names === undefined || answer.method !== "GetParameterValues") return answer.result;
  return positionalAnswer(names, answer.result.ParameterList);
}

function readMessage(message: LinkMessage): Heard {
  if (message === "") return NOTHING;
  if (typeof message !== "string") return BINARY;
  const token = decodeToken(message, READING);
  if (!token.ok) return notUnderstood(token.problem);
  return heardIn(token.value, (fault) => refused(token.value.id, fault));
}

/** `refused` says how a call is refused. */
export function heardIn(token: Token<"device">, refused: (fault: Fault) => Heard): Heard {
  switch (token.kind) {
    case "request": {
      const { id, positional, ...request } = token;
      return { type: "call", call: { id, request, ...(positional ? { positional } : {}) } };
    }
    case "publication":
      return { type: "publication", publication: token.params };
    case "observation":
      return { type: "observation", id: token.id, request: token.request };
    case "answer":
      return { type: "answer", id: String(token.id), answer: { result: token.result } };
    case "fault":
      // The ACS could not read something, and cannot tell what: whoever waits for the answer has its time-out.
      if (token.id === null) return NOTHING;
      return { type: "answer", id: String(token.id), answer: { fault: token.fault } };
    case "unknown-method":
      return refused({ code: NO_METHOD, message: `there is no method ${token.method}` });
    case "malformed":
      return refused(refusalOf(token.problem, "device"));
  }
}

/** Who wants no answer is not told of a refusal, either. */
function refused(id: TokenId | null | undefined, fault: Fault): Heard {
  return id === undefined ? NOTHING : { type: "retort", message: encodeTokenFault(id, fault) };
}

function notUnderstood(problem: Problem): Heard {
  const code = problems[problem.reason].closeCode;
  if (code === undefined) return refused(null, refusalOf(problem, "device"));
  return { type: "unreadable", code, detail: problem.detail };
}

function writeAnswer(answer: CallAnswer): string {
  const { id, reply } = answer;
  if (reply.kind === "fault") return encodeTokenFault(id, reply.fault);
  return encodeTokenAnswer(id, resultOf(reply, answer.names));
}

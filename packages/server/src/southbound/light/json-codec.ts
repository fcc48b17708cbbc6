import {
  acsRpcs,
  checkVendorObject,
  closeCodes,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  decodePositional,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  faultText,
  lightRpcs,
  positional,
  problems,
} from "@heliograph/protocol";
import type {
  Decoded,
  DeviceRequest,
  Fault,
  JsonObject,
  Limits,
  Problem,
  Token,
  TokenId,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import { NOTHING } from "./codec.ts";
import type { LightBinding, LightCodec, Message, Said, WrittenCall } from "./codec.ts";

/** All that it writes is text. */
export interface JsonCodec extends LightCodec {
  writeCall(call: Call): WrittenCall & { readonly message: string };
  writeAnswer(id: TokenId, result: object): string;
  writeFault(id: TokenId | null, fault: Fault): string;
}

/** `cwmp.json`: all connections share one codec, for it keeps nothing. */
export function jsonBinding(maxMessageBytes: number): LightBinding {
  const codec = jsonCodec(maxMessageBytes);
  const ways = { methods: Object.keys({ ...acsRpcs, ...lightRpcs }) };
  return { subprotocol: "cwmp.json", ways, open: () => codec };
}

/** `cwmp.json`: each message is one JSON-RPC 2.0 object [LIGHT 3]. */
export function jsonCodec(maxMessageBytes: number): JsonCodec {
  const limits = { ...defaultLimits, maxChars: maxMessageBytes };
  return {
    read: (message) => [readMessage(message, limits)],
    writeCall(call) {
      const { callId, method } = call;
      const { params, read } = jsonCall(call, limits);
      return { message: encodeTokenRequest({ id: callId, method, params }), read };
    },
    writeAnswer: encodeTokenAnswer,
    writeAttached: encodeTokenAnswer,
    writeFault: encodeTokenFault,
    writePublication: ({ token }) => token,
    writeObservation: (id, { method, params }) => encodeTokenRequest({ id, method, params }),
    readLate: (result) => lateResult(result, limits),
  };
}

/** The params of a call as JSON carries them, and how its result is read. Throws where it is no RPC. */
export function jsonCall(
  { method, params }: Call,
  limits: Limits,
): Pick<WrittenCall, "read"> & { readonly params: object } {
  const request = decodeDeviceRequest(method, params);
  if (!request.ok) throw new Error(`cannot write a call of ${method}: ${request.problem.detail}`);
  const names = positionalNames(request.value);
  return {
    params: sent(request.value),
    read: (result) => readResult({ method, names, limits }, result),
  };
}

/** The result of a call that nobody remembers; undefined where it can be none. */
export function lateResult(result: unknown, limits: Limits): JsonObject | undefined {
  const read = checkVendorObject(result, { strictness: "kinds", limits });
  return read.ok && isObject(read.value) ? read.value : undefined;
}

const NO_METHOD = -32601;
const BINARY: Said = {
  type: "unreadable",
  code: closeCodes.unreadable.code,
  detail: "binary messages are not spoken here",
};

function readMessage(message: Message, limits: Limits): Said {
  if (message === "") return NOTHING;
  if (typeof message !== "string") return BINARY;
  const decoded = decodeToken(message, { role: "acs", limits });
  return decoded.ok ? said(decoded.value) : refusal(decoded.problem);
}

function said(token: Token<"acs">): Said {
  switch (token.kind) {
    case "request":
      return { type: "request", id: token.id, request: token };
    case "answer":
      return { type: "answer", id: token.id, answer: { result: token.result } };
    case "fault":
      // It could not read something of ours, and we cannot tell what: whoever waits for the answer has its time-out.
      if (token.id === null) return NOTHING;
      return { type: "answer", id: token.id, answer: { fault: token.fault } };
    case "unknown-method":
      return refused(token.id, { code: NO_METHOD, message: `there is no method ${token.method}` });
    case "malformed":
      return refused(token.id, faultOf(token.problem));
    default:
      return unreachable(token);
  }
}

function refusal(problem: Problem): Said {
  const code = problems[problem.reason].closeCode;
  if (code === undefined) return refused(null, faultOf(problem));
  return { type: "unreadable", code, detail: problem.detail };
}

function refused(id: Extract<Said, { readonly type: "refused" }>["id"], fault: Fault): Said {
  return { type: "refused", id, fault };
}

function faultOf({ reason, at, detail }: Problem): Fault {
  const code = problems[reason].jsonRpcError;
  const place = `${at}: ${detail}`;
  return { code, message: code > 0 ? `${faultText(code)}: ${place}` : place };
}

/** The paths of a call whose answer may leave out the names, for these are what costs bytes. */
function positionalNames(request: DeviceRequest): readonly string[] | undefined {
  return request.method === "GetParameterValues" ? positional(request.params)?.ParameterNames : undefined;
}

function sent(request: DeviceRequest): object {
  if (request.method !== "GetParameterValues") return request.params;
  return positional(request.params) ?? request.params;
}

interface Asked {
  readonly method: string;
  readonly names: readonly string[] | undefined;
  readonly limits: Limits;
}

function readResult({ method, names, limits }: Asked, result: unknown): Decoded<JsonObject> {
  if (names !== undefined) {
    const values = decodePositional(names, result);
    if (!values.ok) return values;
    if (values.value !== undefined) return { ok: true, value: values.value };
  }
  const answer = decodeDeviceAnswer(method, result, limits);
  return answer.ok ? { ok: true, value: answer.value.result } : answer;
}

/** Of what was parsed from JSON. */
function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

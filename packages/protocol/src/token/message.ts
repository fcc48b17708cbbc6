import { accept, refuse, type Decoded, type Problem } from "../decoded.ts";
import type { Limits } from "../limits.ts";
import { isRecord } from "../model/record.ts";
import type { Fields } from "../rpc/field.ts";
import {
  isLightDeviceMethod,
  isLightMethod,
  lightDeviceRpcs,
  lightRpcs,
  type LightRequest,
  type ObservationRequest,
  type Publish,
} from "../rpc/light.ts";
import {
  acsRpc,
  deviceRpc,
  isVendorMethod,
  type AcsRequest,
  type DeviceRequest,
  type Fault,
} from "../rpc/table.ts";
import type { Role } from "../soap/envelope.ts";
import { checkParams, checkVendorObject } from "./decode.ts";
import { readFault } from "./fault.ts";
import { isValuesShape } from "./positional.ts";

/** What joins an answer to its request; unique for a device's calls and for the ACS's, across connections. */
export type TokenId = string | number;

/** What each side may be asked by token. */
export type TokenRequestTo<R extends Role> = { acs: AcsRequest | LightRequest; device: DeviceRequest }[R];

/** One message of `cwmp.json` as a value [LIGHT 3]. */
export type Token<R extends Role = Role> =
  | (TokenRequestTo<R> & {
      readonly kind: "request";
      /** Undefined where no answer is wanted. */
      readonly id: TokenId | undefined;
      /** The answer is to be an array of values, in the order asked. */
      readonly positional?: true;
    })
  /** Something published on a channel: it is no call, and waits for no answer [LIGHT 6]. */
  | (R extends "device" ? PublicationToken : never)
  /** Values are to be published for a while, or not any more: it is no CWMP call, and takes no place among those [LIGHT 6]. */
  | (R extends "device" ? ObservationToken : never)
  /** Which method it answers is the reader's to know: see {@link decodeDeviceAnswer}. */
  | { readonly kind: "answer"; readonly id: TokenId; readonly result: unknown }
  /** The id is null where the other side could not read the request's. */
  | { readonly kind: "fault"; readonly id: TokenId | null; readonly fault: Fault }
  | { readonly kind: "unknown-method"; readonly id: TokenId | undefined; readonly method: string }
  /** A request whose params cannot be understood. */
  | {
      readonly kind: "malformed";
      readonly id: TokenId | undefined;
      readonly method: string;
      readonly problem: Problem;
    };

export interface PublicationToken {
  readonly kind: "publication";
  readonly id?: undefined;
  readonly params: Publish;
}

export interface ObservationToken {
  readonly kind: "observation";
  readonly id: TokenId | undefined;
  readonly request: ObservationRequest;
}

export interface TokenReading<R extends Role> {
  /** Who reads. */
  readonly role: R;
  readonly limits: Limits;
}

const MAX_METHOD_CHARS = 64;
export const MAX_ID_CHARS = 128;
const ID_NEEDED = `text of at most ${MAX_ID_CHARS} characters or an integer is needed`;

/**
 * Reads one token. Refused is only what is no JSON-RPC 2.0 object; a method that is unknown, or whose params cannot be
 * understood, is a kind of token, so that it can be answered. Of members that stand twice the last counts, and members that
 * JSON-RPC does not have are passed over.
 */
export function decodeToken<R extends Role>(text: string, reading: TokenReading<R>): Decoded<Token<R>>;
export function decodeToken(text: string, reading: TokenReading<Role>): Decoded<unknown> {
  if (text.length > reading.limits.maxChars) return refuse("over-limit", "$", "the message is too long");
  const parsed = parseJson(text);
  if (parsed === undefined) return refuse("not-json", "$", "it is no JSON");
  const { value } = parsed;
  if (!isRecord(value)) return notAToken("$", "a JSON-RPC object is needed; there are no batches");
  if (value["jsonrpc"] !== "2.0") return notAToken("$.jsonrpc", 'it must be "2.0"');
  const { id, method } = value;
  if (id !== undefined && id !== null && !isTokenId(id)) return notAToken("$.id", ID_NEEDED);
  if (method === undefined) return readAnswer(value, id);
  if (typeof method !== "string") return notAToken("$.method", "the name of an RPC is needed");
  // Who says null means to be answered, and could tell no answer from the refusal of what cannot be read.
  if (id === null) return notAToken("$.id", `${ID_NEEDED}; what needs no answer has none`);
  return accept(readRequest({ method, id, params: value["params"] ?? {} }, reading));
}

/** Writes a request; without an id none is answered. */
export function encodeTokenRequest(request: {
  readonly id?: TokenId | undefined;
  readonly method: string;
  readonly params: object;
}): string {
  const { id, method, params } = request;
  return JSON.stringify({ jsonrpc: "2.0", id, method, ...(isEmpty(params) ? {} : { params }) });
}

/** Writes the answer to a request. */
export function encodeTokenAnswer(id: TokenId, result: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** Writes a refusal; null where the request's id could not be read. */
export function encodeTokenFault(id: TokenId | null, { code, message, data }: Fault): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } });
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isTokenId(id: unknown): id is TokenId {
  return typeof id === "string" ? id.length <= MAX_ID_CHARS : Number.isSafeInteger(id);
}

interface GivenRequest {
  readonly method: string;
  readonly id: TokenId | undefined;
  readonly params: unknown;
}

function readRequest({ method, id, params }: GivenRequest, { role, limits }: TokenReading<Role>): unknown {
  const fields = requestFields(method, role);
  if (fields === undefined && !isVendorMethod(method)) {
    return { kind: "unknown-method", id, method: method.slice(0, MAX_METHOD_CHARS) };
  }
  const check = { strictness: "kinds", limits, at: "$.params" } as const;
  const read = fields === undefined ? checkVendorObject(params, check) : checkParams(fields, params, check);
  if (!read.ok) return { kind: "malformed", id, method, problem: read.problem };
  if (role === "device" && isLightDeviceMethod(method)) {
    if (method === "Publish") return { kind: "publication", params: read.value };
    return { kind: "observation", id, request: { method, params: read.value } };
  }
  const positional = method === "GetParameterValues" && isValuesShape(params) ? { positional: true } : {};
  return { kind: "request", id, method, params: read.value, ...positional };
}

function requestFields(method: string, role: Role): Fields | undefined {
  if (role === "device") {
    return isLightDeviceMethod(method) ? lightDeviceRpcs[method].request : deviceRpc(method)?.request;
  }
  return isLightMethod(method) ? lightRpcs[method].request : acsRpc(method)?.request;
}

/** Some write `"error": null` beside a result. */
function readAnswer(
  { error = null, result }: Readonly<Record<string, unknown>>,
  id: TokenId | null | undefined,
): Decoded<unknown> {
  if (error !== null) {
    const fault = readFault(error);
    return fault === undefined
      ? notAToken("$.error", "an object with a code is needed")
      : accept({ kind: "fault", id: id ?? null, fault });
  }
  if (result === undefined) return notAToken("$", "method, result or error is needed");
  if (id === undefined || id === null) return notAToken("$.id", "an answer has the id of its request");
  return accept({ kind: "answer", id, result });
}

function notAToken(at: string, detail: string): Decoded<never> {
  return refuse("not-a-token", at, detail);
}

function isEmpty(params: object): boolean {
  return Object.keys(params).length === 0;
}

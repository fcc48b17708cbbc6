import { deviceRpc, isVendorMethod, type JsonObject, type TokenId } from "@heliograph/protocol";
import { parseBody } from "../json-body.ts";

/** One call of a message, as JSON-RPC has it. */
export interface JsonCall {
  /** Undefined where no answer is wanted. */
  readonly id: TokenId | undefined;
  readonly method: string;
  readonly params: JsonObject;
}

export type JsonCalls =
  | { readonly type: "one"; readonly call: JsonCall }
  | { readonly type: "batch"; readonly calls: readonly JsonCall[] }
  /** `id`: null where it could not be read, or there are several. */
  | { readonly type: "refused"; readonly error: JsonError; readonly id: TokenId | null };

export interface JsonError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonObject;
}

/** JSON-RPC's own codes [JSON-RPC 2.0 5.1]. */
export const jsonErrors = {
  notJson: -32700,
  notARequest: -32600,
  unknownMethod: -32601,
  badParams: -32602,
  /** Of those that a server may give a meaning: nothing was stored, and `data.Problem` says why. */
  refused: -32000,
} as const;

/** What is asked of the connection, and of no device. */
const OWN_METHODS = ["Attach", "Subscribe", "Unsubscribe", "Observe", "Unobserve"];
/** As many as a transaction has frames. */
const MOST_CALLS = 100;
const MOST_ID_CHARS = 128;
/** Nested levels of a message. */
const MAX_DEPTH = 64;
const ID_NEEDED = `an id is text of at most ${MOST_ID_CHARS} characters or an integer`;

/** Reads one text message of a manager. A batch is read whole or not at all, for it is stored so, too [LIGHT 7]. */
export function readCalls(text: string): JsonCalls {
  const parsed = parseBody(text, MAX_DEPTH);
  if ("refused" in parsed) return refused(jsonErrors.notJson, parsed.detail);
  const value = parsed.body;
  if (!Array.isArray(value)) {
    const read = readCall(value);
    return "error" in read ? { type: "refused", ...read } : { type: "one", call: read };
  }
  if (value.length === 0 || value.length > MOST_CALLS) {
    return refused(jsonErrors.notARequest, `a batch holds 1 to ${MOST_CALLS} calls`);
  }
  const calls: JsonCall[] = [];
  for (const [index, each] of value.entries()) {
    const read = readCall(each);
    if ("error" in read) return refused(read.error.code, `call ${index + 1}: ${read.error.message}`);
    if (OWN_METHODS.includes(read.method)) {
      return refused(jsonErrors.notARequest, `${read.method} stands in no batch`);
    }
    calls.push(read);
  }
  if (!areUnique(calls)) return refused(jsonErrors.notARequest, "two calls of a batch have one id");
  return { type: "batch", calls };
}

interface Unread {
  readonly error: JsonError;
  readonly id: TokenId | null;
}

function readCall(value: unknown): JsonCall | Unread {
  if (!isObject(value)) return unread("a call is an object");
  const { jsonrpc, id, method, params = {} } = value;
  if (id !== undefined && !isTokenId(id)) return unread(ID_NEEDED);
  if (jsonrpc !== "2.0") return unread('jsonrpc must be "2.0"', id);
  if (typeof method !== "string") return unread("method is the name of an RPC", id);
  if (!isKnown(method)) return unread(`there is no RPC of that name`, id, jsonErrors.unknownMethod);
  if (!isObject(params)) return unread("params is an object", id, jsonErrors.badParams);
  return { id, method, params };
}

function isKnown(method: string): boolean {
  return OWN_METHODS.includes(method) || deviceRpc(method) !== undefined || isVendorMethod(method);
}

function areUnique(calls: readonly JsonCall[]): boolean {
  const ids = calls.flatMap(({ id }) => id ?? []);
  return new Set(ids).size === ids.length;
}

function unread(message: string, id?: TokenId, code: number = jsonErrors.notARequest): Unread {
  return { error: { code, message }, id: id ?? null };
}

function refused(code: number, message: string): JsonCalls {
  return { type: "refused", error: { code, message }, id: null };
}

function isTokenId(id: unknown): id is TokenId {
  return typeof id === "string" ? id.length <= MOST_ID_CHARS : Number.isSafeInteger(id);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

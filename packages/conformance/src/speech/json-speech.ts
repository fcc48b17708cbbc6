import { isFields, member, parseJson, type Json } from "../json.ts";
import type { Call, Heard, Id, Speech } from "./speech.ts";

/** Tokens as the kit reads and writes them, on both sides alike. */
export function jsonSpeech(): Speech {
  return {
    subprotocol: "cwmp.json",
    hear: (message) => [
      typeof message === "string" ? hearToken(message) : { is: "odd", text: "a binary message" },
    ],
    request: (request) => JSON.stringify({ jsonrpc: "2.0", ...request }),
    answer: ({ id }, outcome) =>
      JSON.stringify({
        jsonrpc: "2.0",
        id: id ?? null,
        ...("result" in outcome ? outcome : faultOf(outcome)),
      }),
  };
}

function faultOf({ fault }: { readonly fault: number }) {
  return { error: { code: fault, message: "refused" } };
}

function hearToken(text: string): Heard {
  if (text === "") return { is: "life", text };
  const token = parseJson(text);
  const read = idOf(member(token, "id"));
  if (!isFields(token) || token["jsonrpc"] !== "2.0" || read === undefined) return { is: "odd", text };
  const { id } = read;
  const call = hearCall(token, { id, text });
  if (call !== undefined) return call;
  const error = member(token, "error");
  const code = member(error, "code");
  if (typeof code === "number" && id !== undefined && typeof member(error, "message") === "string") {
    return { is: "fault", id, code, result: error, text };
  }
  const result = member(token, "result");
  return isFields(result) && error === undefined && id !== undefined
    ? { is: "answer", id, result, text }
    : { is: "odd", text };
}

function hearCall(
  token: Json,
  { id, text }: { readonly id: Id | undefined; readonly text: string },
): Call | undefined {
  const method = member(token, "method");
  if (typeof method !== "string" || id === null) return undefined;
  return { is: "call", id, method, params: member(token, "params"), text };
}

/** Text, an integer, null or none; undefined where it is something else [LIGHT-TOKEN-2]. */
function idOf(id: Json | undefined): { readonly id: Id | undefined } | undefined {
  if (id === undefined || id === null) return { id };
  if (typeof id === "string") return id.length <= 128 ? { id } : undefined;
  return typeof id === "number" && Number.isSafeInteger(id) ? { id } : undefined;
}

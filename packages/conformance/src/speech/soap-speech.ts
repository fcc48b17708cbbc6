import { envelope, faultBody, rpcBody } from "./envelope.ts";
import type { Heard, Speech } from "./speech.ts";
import { elementIn, textIn } from "./xml.ts";

/** Envelopes as the kit reads and writes them, on both sides alike. */
export function soapSpeech(): Speech {
  return {
    subprotocol: "cwmp.soap",
    hear: (message) => [
      typeof message === "string" ? hearEnvelope(message) : { is: "odd", text: "a binary message" },
    ],
    request: ({ id, method, params = {} }) =>
      envelope(rpcBody(method, params), id === undefined ? {} : { id: String(id) }),
    answer: ({ id, method }, outcome) => {
      const body =
        "result" in outcome ? rpcBody(`${method}Response`, outcome.result) : faultBody(outcome.fault);
      return envelope(body, id === undefined || id === null ? {} : { id: String(id) });
    },
  };
}

/** Reads one envelope. */
export function hearEnvelope(text: string): Heard {
  if (text === "") return { is: "life", text };
  const body = elementIn(text, "Body")?.inside;
  const method = /^\s*<(?:[\w.-]+:)?([\w.-]+)/.exec(body ?? "")?.[1];
  if (!/^\s*(?:<\?xml[^>]*>\s*)?<(?:[\w.-]+:)?Envelope[\s>]/.test(text) || method === undefined) {
    return { is: "odd", text };
  }
  const id = textIn(elementIn(text, "Header")?.inside ?? "", "ID");
  if (method === "Fault") {
    return { is: "fault", id, code: Number(textIn(text, "FaultCode")), result: body, text };
  }
  if (method.endsWith("Response")) return { is: "answer", id, result: body, text };
  return { is: "call", id, method, params: body, text };
}

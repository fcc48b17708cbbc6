import {
  accept,
  decodeAcsRequest,
  decodeEnvelope,
  decodeLightRequest,
  isLightMethod,
  readFault,
  refusalOf,
  refuse,
} from "@heliograph/protocol";
import type { AcsRequest, Decoded, Fault, LightRequest, Limits, SendFrame } from "@heliograph/protocol";
import type { RawAnswer } from "./codec.ts";
import { faultOf, mannerOf, saidIn, writeRefusal, writeResult } from "./soap-messages.ts";
import type { Addressed } from "./soap-messages.ts";

/** In which form a question came, and its answer goes: JSON, or an envelope in the manner of the question's. */
export type BodyForm = { readonly type: "json" } | ({ readonly type: "xml" } & Addressed);

export interface AskedBody {
  readonly form: BodyForm;
  readonly method: string;
  readonly request:
    | { readonly ok: true; readonly value: AcsRequest | LightRequest }
    | { readonly ok: false; readonly fault: Fault };
}

export const JSON_TYPE = "application/json";
export const XML_TYPE = "text/xml";

const JSON_FORM: BodyForm = { type: "json" };
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The content type without its parameters; JSON where there is none. */
export function typeOf({ contentType = JSON_TYPE }: Pick<SendFrame, "contentType">): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}

/** Reads a request of a device; `method`: what its header says. */
export function readAsked(frame: SendFrame, method: string, limits: Limits): AskedBody {
  const type = typeOf(frame);
  if (type === XML_TYPE) return readEnvelope(frame, method, limits);
  const request = type === JSON_TYPE ? readParams(frame, method, limits) : notSpoken(type);
  if (request.ok) return { form: JSON_FORM, method, request };
  return { form: JSON_FORM, method, request: { ok: false, fault: refusalOf(request.problem, "acs") } };
}

/** Reads what a device answers to a call; `isFault`: what its header says. */
export function readAnswer(frame: SendFrame, isFault: boolean, limits: Limits): RawAnswer {
  const type = typeOf(frame);
  if (type === XML_TYPE) return readEnvelopeAnswer(frame, limits);
  const body = type === JSON_TYPE ? readJson(frame) : notSpoken(type);
  if (!body.ok) return { named: body };
  if (!isFault) return { result: body.value };
  const fault = readFault(body.value);
  return fault === undefined ? { named: refuse("bad-field", "$", "a fault has a code") } : { fault };
}

export function writeAnswerBody(form: BodyForm, method: string, result: object): string {
  return form.type === "xml" ? writeResult(form, method, result) : JSON.stringify(result);
}

export function writeFaultBody(form: BodyForm, fault: Fault): string {
  if (form.type === "xml") return writeRefusal(form, fault);
  const { code, message, data } = fault;
  return JSON.stringify({ code, message, data });
}

export function contentTypeOf({ type }: BodyForm): string {
  return type === "xml" ? XML_TYPE : JSON_TYPE;
}

function readParams(frame: SendFrame, method: string, limits: Limits): Decoded<AcsRequest | LightRequest> {
  const params = readJson(frame);
  if (!params.ok) return params;
  return isLightMethod(method)
    ? decodeLightRequest(method, params.value, limits)
    : decodeAcsRequest(method, params.value, limits);
}

/** An empty body is an empty object. */
function readJson({ body }: SendFrame): Decoded<unknown> {
  if (body.length === 0) return accept({});
  try {
    return accept(JSON.parse(utf8.decode(body)));
  } catch {
    return refuse("not-json", "$", "it is no JSON");
  }
}

function readText({ body }: SendFrame): Decoded<string> {
  try {
    return accept(utf8.decode(body));
  } catch {
    return refuse("not-xml", "0", "it is no UTF-8");
  }
}

function readEnvelope(frame: SendFrame, method: string, limits: Limits): AskedBody {
  const text = readText(frame);
  const envelope = text.ok ? decodeEnvelope(text.value, { role: "acs", limits }) : text;
  if (!envelope.ok) {
    const form: BodyForm = { type: "xml", manner: mannerOf(undefined), id: undefined };
    return { form, method, request: { ok: false, fault: faultOf(envelope.problem) } };
  }
  const { id, namespace, style, body } = envelope.value;
  const form: BodyForm = { type: "xml", manner: { namespace, style }, id };
  const said = saidIn(body);
  switch (said.type) {
    case "request":
      return { form, method: said.method, request: { ok: true, value: said.request } };
    case "refused":
      return { form, method: said.method, request: { ok: false, fault: said.fault } };
    default:
      return { form, method, request: { ok: false, fault: faultOf(noRequest) } };
  }
}

function readEnvelopeAnswer(frame: SendFrame, limits: Limits): RawAnswer {
  const text = readText(frame);
  const envelope = text.ok ? decodeEnvelope(text.value, { role: "acs", limits }) : text;
  if (!envelope.ok) return { named: envelope };
  const said = saidIn(envelope.value.body);
  return said.type === "answer"
    ? said.answer
    : { named: refuse("bad-field", "Envelope/Body", "it is no answer") };
}

function notSpoken(type: string): Decoded<never> {
  return refuse("bad-field", "content-type", `${type.slice(0, MAX_SHOWN_CHARS)} is not spoken here`);
}

const MAX_SHOWN_CHARS = 64;
const noRequest = { reason: "bad-field", at: "Envelope/Body", detail: "it is no request" } as const;

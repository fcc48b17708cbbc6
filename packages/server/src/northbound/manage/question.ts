import {
  decodeEnvelope,
  defaultLimits,
  parseDeviceKey,
  type DeviceKey,
  type Problem,
  type SendFrame,
  type SoapStyle,
} from "@heliograph/protocol";
import type { DeviceCall } from "../../ports/index.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "../refusal.ts";
import { checkCalls } from "../rpc-check.ts";

/** In which form a question came, and its answer goes: JSON, or an envelope in the manner of the question's. */
export type QuestionForm =
  | { readonly type: "json" }
  | {
      readonly type: "xml";
      readonly id: string | undefined;
      readonly namespace: string;
      readonly style: SoapStyle;
    };

/** Whom and what a SEND is for. */
export interface Addressed {
  readonly device: DeviceKey;
  /** Undefined where no answer is wanted. */
  readonly requestId: string | undefined;
}

/** One RPC that a manager asks of a device [LIGHT 5]. */
export interface Question extends Addressed {
  readonly call: DeviceCall;
  readonly form: QuestionForm;
  /** When it is given up; undefined: the ACS's default. */
  readonly expiresAt: number | undefined;
  readonly idempotencyKey: string | undefined;
}

const REQUESTS = /^\/device\/([^/]+)\/requests$/;
const JSON_TYPE = "application/json";
const XML_TYPE = "text/xml";
const SECONDS = /^[1-9][0-9]{0,7}$/;
const JSON_FORM: QuestionForm = { type: "json" };

/** The device whose requests a destination names; undefined where there is no such destination. */
export function addressOf({
  destination,
  headers,
}: Pick<SendFrame, "destination" | "headers">): Addressed | undefined {
  const device = parseDeviceKey(REQUESTS.exec(destination)?.[1] ?? "");
  return device === undefined ? undefined : { device, requestId: headers.get("request-id") };
}

/** What is asked, or why it cannot be: the frame is as STOMP has it, and its sender goes on. */
export function readQuestion(frame: SendFrame, addressed: Addressed, now: number): Question | Refusal {
  const expiresAt = readExpiry(frame.headers.get("expires"), now);
  if (expiresAt !== undefined && typeof expiresAt !== "number") return expiresAt;
  const asked = readBody(frame);
  if (isRefusal(asked)) return asked;
  const idempotencyKey = frame.headers.get("idempotency-key");
  return { ...addressed, ...asked, expiresAt, idempotencyKey };
}

/** A call whose params came as JSON. */
export function readCall(call: DeviceCall): Asked | Refusal {
  return checked(call, JSON_FORM);
}

/** When something is given up: seconds from now, or a time to come. */
export function readExpiry(header: string | undefined, now: number): number | undefined | Refusal {
  if (header === undefined) return undefined;
  const at = SECONDS.test(header) ? now + Number(header) * 1_000 : Date.parse(header);
  return at > now ? at : refuse("invalid-request", "expires is a time to come, or seconds");
}

type Asked = Pick<Question, "call" | "form">;

function readBody(frame: SendFrame): Asked | Refusal {
  const type = (frame.contentType ?? JSON_TYPE).split(";")[0]?.trim().toLowerCase();
  const text = readText(frame.body);
  if (text === undefined) return refuse("invalid-request", "the body is no UTF-8");
  switch (type) {
    case JSON_TYPE:
      return readJson(text, frame.headers.get("method"));
    case XML_TYPE:
      return readEnvelope(text);
    default:
      return refuse("unsupported-media-type", `a body is ${JSON_TYPE} or ${XML_TYPE}`);
  }
}

function readJson(text: string, method: string | undefined): Asked | Refusal {
  if (method === undefined) return refuse("invalid-request", "the header method is missing");
  const params = text === "" ? {} : parsed(text);
  if (params === undefined) return refuse("not-json", "the body is not JSON");
  if (!isObject(params)) return refuse("invalid-rpc", "the body is the RPC's params: an object");
  return readCall({ method, params });
}

function readEnvelope(text: string): Asked | Refusal {
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  if (!envelope.ok) return notUnderstood(envelope.problem);
  const { id, namespace, style, body } = envelope.value;
  if (body.kind === "malformed") return notUnderstood(body.problem);
  if (body.kind === "unknown-method") return refuse("invalid-rpc", `${body.method} is no RPC of a device`);
  if (body.kind !== "request") return refuse("invalid-rpc", "the envelope holds no request");
  const { method, params } = body;
  return checked({ method, params }, { type: "xml", id, namespace, style });
}

function checked(call: DeviceCall, form: QuestionForm): Asked | Refusal {
  const calls = checkCalls([call], () => "$");
  if (isRefusal(calls)) return calls;
  const [first = call] = calls;
  return { call: first, form };
}

function notUnderstood({ at, detail }: Problem): Refusal {
  return refuseInput("invalid-rpc", [{ at, detail }]);
}

function readText(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is DeviceCall["params"] {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

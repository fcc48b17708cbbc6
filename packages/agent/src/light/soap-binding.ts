import {
  accept,
  closeCodes,
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeFault,
  encodeRequest,
  faultText,
  problems,
} from "@heliograph/protocol";
import type {
  AcsRequest,
  Decoded,
  Fault,
  Problem,
  SoapBody,
  SoapEnvelope,
  SoapStyle,
} from "@heliograph/protocol";
import type { DeviceReply } from "../dispatch.ts";
import { NOTHING, USUAL_ATTACHMENT } from "./binding.ts";
import type {
  Answer,
  Attaching,
  Attachment,
  CallAnswer,
  Heard,
  LightBinding,
  LightSpeech,
} from "./binding.ts";
import type { LinkMessage } from "./link.ts";
import { isToken } from "./reference.ts";

/** `cwmp.soap`: what goes over HTTP goes over the socket [LIGHT 4]. */
export const soapBinding: LightBinding = { subprotocol: "cwmp.soap", open: () => new SoapSpeech() };

/** CWMP's namespace since 1.2, and what every ACS understands. */
const NAMESPACE = "urn:dslforum-org:cwmp-1-2";
const READING = { role: "device", limits: defaultLimits } as const;
const BINARY: Heard = {
  type: "unreadable",
  code: closeCodes.unreadable.code,
  detail: "bytes in place of a text",
};

type FromAcs = SoapEnvelope<"device">;

interface Manner {
  readonly namespace: string;
  readonly style: SoapStyle;
}

/** Each text message is one envelope, as the body over HTTP would be. */
class SoapSpeech implements LightSpeech {
  readonly isOneAtATime = true;
  readonly opening = undefined;
  readonly heartBeat = "";
  /** How the ACS writes its calls. */
  #manner: Manner = { namespace: NAMESPACE, style: {} };
  /** The device's own request whose answer is due. */
  #out: { readonly id: string; readonly method: string } | undefined;

  read(message: LinkMessage): readonly Heard[] {
    return [message === "" ? NOTHING : this.#read(message)];
  }

  writeRequest(id: string, request: AcsRequest): string {
    this.#out = { id, method: request.method };
    return encodeRequest({ request, id, namespace: NAMESPACE });
  }

  /** There is no Attach: the answer to an Inform has what its answer would have. */
  writeAttach(id: string, { inform }: Attaching): string {
    return this.writeRequest(id, { method: "Inform", params: inform() });
  }

  readAttached(): Decoded<Attachment> {
    return accept(USUAL_ATTACHMENT);
  }

  writeAnswer({ id, reply }: CallAnswer): string {
    return writeReply(reply, { ...this.#manner, id: String(id) });
  }

  writeParting(): undefined {
    return undefined;
  }

  #read(message: LinkMessage): Heard {
    if (typeof message !== "string") return BINARY;
    const envelope = decodeEnvelope(message, READING);
    return envelope.ok ? this.#heard(envelope.value) : this.#notUnderstood(envelope.problem);
  }

  #heard({ id, namespace, style, header, body }: FromAcs): Heard {
    if (isForDevice(body)) {
      this.#manner = { namespace, style };
      return this.#called(id === "" ? undefined : id, body);
    }
    const out = this.#answered(body);
    if (out === undefined) return NOTHING;
    const { webSocketReference: reference } = header;
    const fresh = reference !== undefined && isToken(reference.token) ? { fresh: reference } : {};
    return { type: "answer", id: out.id, answer: answerIn(body), ...fresh };
  }

  #called(id: string | undefined, body: ForDevice): Heard {
    const frame = { ...this.#manner, ...(id === undefined ? {} : { id }) };
    if (body.kind !== "request") {
      return { type: "retort", message: encodeFault({ ...frame, fault: refusalOf(body), role: "device" }) };
    }
    const unnamed = id === undefined ? { writeAnswer: (reply: DeviceReply) => writeReply(reply, frame) } : {};
    return { type: "call", call: { id, request: body, ...unnamed } };
  }

  /**
   * The request that is answered: as over HTTP the one that is out, whatever the id says, unless another method is named.
   */
  #answered(body: FromDeviceAsked): { readonly id: string } | undefined {
    const out = this.#out;
    if (out === undefined || (body.kind !== "fault" && body.method !== out.method)) return undefined;
    this.#out = undefined;
    return out;
  }

  #notUnderstood({ reason, at, detail }: Problem): Heard {
    if (reason !== "not-soap" && reason !== "over-limit") {
      return { type: "unreadable", code: closeCodes.unreadable.code, detail };
    }
    const fault = faultOf({ reason, at, detail });
    return { type: "retort", message: encodeFault({ ...this.#manner, fault, role: "device" }) };
  }
}

type Body = SoapBody<"device">;
/** What is asked of the device. */
type ForDevice =
  | Extract<Body, { readonly kind: "request" }>
  | (Extract<Body, { readonly kind: "unknown-method" | "malformed" }> & { readonly part: "request" });
/** What the device has asked for. */
type FromDeviceAsked =
  | Extract<Body, { readonly kind: "answer" | "fault" }>
  | Extract<Body, { readonly kind: "unknown-method" | "malformed" }>;

function isForDevice(body: Body): body is ForDevice {
  return body.kind === "request" || ("part" in body && body.part === "request");
}

function answerIn(body: FromDeviceAsked): Answer {
  switch (body.kind) {
    case "answer":
      return { result: body.result };
    case "fault":
      return { fault: body.fault };
    case "malformed":
      return { problem: body.problem };
    case "unknown-method":
      return { problem: { reason: "unknown-method", at: "Envelope/Body", detail: `no ${body.method}` } };
  }
}

function refusalOf(body: Exclude<ForDevice, { readonly kind: "request" }>): Fault {
  if (body.kind === "malformed") return faultOf(body.problem);
  return { code: problems["unknown-method"].deviceFault, message: `${faultText(9000)}: ${body.method}` };
}

/** What is wrong with a message, for the person who reads the log of the ACS. */
function faultOf({ reason, at, detail }: Problem): Fault {
  const code = problems[reason].deviceFault;
  return { code, message: `${faultText(code)}: ${at}: ${detail}` };
}

function writeReply(reply: DeviceReply, frame: Manner & { readonly id?: string }): string {
  if (reply.kind === "fault") return encodeFault({ ...frame, fault: reply.fault, role: "device" });
  return encodeAnswer({ ...frame, ...reply });
}

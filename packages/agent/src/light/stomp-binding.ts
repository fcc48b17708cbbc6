import {
  accept,
  agreeOnHeartBeats,
  closeCodes,
  decodeServerFrame,
  decodeToken,
  defaultLimits,
  defaultStompLimits,
  encodeClientFrame,
  encodeTokenRequest,
  faultText,
  HEART_BEAT_BYTES,
  problems,
  readFault,
  refusalOf,
  refuse,
  StompReader,
  writeFrame,
} from "@heliograph/protocol";
import type {
  AcsRequest,
  ClientFrame,
  ConnectedFrame,
  Decoded,
  ErrorFrame,
  Fault,
  HeartBeat,
  HeartBeatPlan,
  LightParams,
  MessageFrame,
  ObservationResult,
  Problem,
  StompFrame,
  StompVersion,
  TokenId,
} from "@heliograph/protocol";
import type { Outcome } from "../outcome.ts";
import { NOTHING, USUAL_ATTACHMENT } from "./binding.ts";
import type {
  Answer,
  Attaching,
  Attachment,
  CallAnswer,
  FreshToken,
  Heard,
  LightBinding,
  LightSpeech,
} from "./binding.ts";
import { heardIn, readAttachAnswer, resultOf } from "./json-binding.ts";
import type { LinkMessage } from "./link.ts";

/** `v12.stomp`: frames, of which the bodies are what tokens hold [LIGHT 5]. */
export const stompBinding: LightBinding = {
  subprotocol: "v12.stomp",
  open: (url) => new StompSpeech(URL.parse(url)?.host),
};

const VERSION: StompVersion = "1.2";
const REQUESTS = "/requests";
const RESPONSES = "/responses";
const JSON_TYPE = "application/json";
const NOTHING_MORE: ReadonlyMap<string, string> = new Map();
/** As often as the ACS pings, who does not heart-beat [LIGHT 2]. */
const OWN_BEAT: HeartBeat = { sends: 30_000, wants: 30_000 };
const BROKEN_OFF = 1006;
/** What asks for an answer and changes nothing needs no receipt. */
const NOT_STORED: ReadonlySet<string> = new Set(["Attach", "GetRPCMethods"]);
const READING = { role: "device", limits: defaultLimits } as const;

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What its CONNECTED said. */
interface Admission {
  readonly heartBeats: HeartBeatPlan;
  readonly fresh: FreshToken | undefined;
  readonly maxMessageBytes: number;
}

/** One session of STOMP 1.2. The token went along with the opening. */
class StompSpeech implements LightSpeech {
  readonly isOneAtATime = false;
  readonly opening: LinkMessage;
  readonly heartBeat: LinkMessage = new Uint8Array(HEART_BEAT_BYTES);
  readonly #reader = new StompReader(defaultStompLimits);
  #admission: Admission | undefined;
  /** The receipts of the subscription to calls and of the parting. */
  #subscribing: string | undefined;
  #parting: string | undefined;

  constructor(host: string | undefined) {
    this.opening = written({
      command: "CONNECT",
      acceptVersions: [VERSION],
      host,
      login: undefined,
      passcode: undefined,
      heartBeat: OWN_BEAT,
      headers: NOTHING_MORE,
    });
  }

  read(message: LinkMessage): readonly Heard[] {
    const heard: Heard[] = [];
    for (const item of this.#reader.read(typeof message === "string" ? utf8.encode(message) : message)) {
      if (!item.ok) heard.push(unreadable(item.problem));
      else if (item.value.kind === "heart-beat") heard.push(NOTHING);
      else heard.push(...this.#readFrame(item.value.frame));
    }
    return heard;
  }

  writeRequest(id: string, { method, params }: AcsRequest): LinkMessage {
    return this.#request(id, method, params);
  }

  /** The subscription to calls attaches the device; what renews its token later is a request like any other. */
  writeAttach(id: string, { wishes }: Attaching): LinkMessage {
    if (this.#subscribing !== undefined) return this.#request(id, "Attach", wishes);
    this.#subscribing = id;
    const { MaxInFlight, MaxMessageBytes, ReplayWindow } = wishes;
    return written({
      command: "SUBSCRIBE",
      id: "requests",
      destination: REQUESTS,
      ack: "auto",
      receipt: id,
      headers: headersOf({
        "max-in-flight": MaxInFlight,
        "max-message-bytes": MaxMessageBytes,
        "replay-window": ReplayWindow,
      }),
    });
  }

  readAttached(result: unknown): Decoded<Attachment> {
    const { heartBeats, ...admission } = this.#admission ?? { heartBeats: undefined, ...USUAL_ATTACHMENT };
    const answer =
      result === SUBSCRIBED ? accept({ ...USUAL_ATTACHMENT, ...admission }) : readAttachAnswer(result);
    if (!answer.ok || heartBeats?.deadAfterMs === undefined) return answer;
    return accept({ ...answer.value, pingInterval: undefined });
  }

  writeAnswer({ id, reply, names }: CallAnswer): LinkMessage {
    const requestId = String(id).toWellFormed();
    return reply.kind === "fault"
      ? writeFault(requestId, reply.fault)
      : writeResponse(requestId, "ok", resultOf(reply, names));
  }

  writeObserved(id: TokenId, { fault, result }: Outcome<ObservationResult>): LinkMessage {
    const requestId = String(id).toWellFormed();
    return fault === undefined ? writeResponse(requestId, "ok", result) : writeFault(requestId, fault);
  }

  /** Without a request-id it waits for no answer. */
  writeValues(observed: LightParams<"Publish">): LinkMessage {
    return written({
      command: "SEND",
      destination: REQUESTS,
      contentType: JSON_TYPE,
      transaction: undefined,
      receipt: undefined,
      headers: headersOf({ method: "Publish" }),
      body: utf8.encode(JSON.stringify(observed)),
    });
  }

  writeParting(id: string): LinkMessage {
    this.#parting = id;
    return written({ command: "DISCONNECT", receipt: id, headers: NOTHING_MORE });
  }

  #request(id: string, method: string, params: object): LinkMessage {
    return written({
      command: "SEND",
      destination: REQUESTS,
      contentType: JSON_TYPE,
      transaction: undefined,
      receipt: NOT_STORED.has(method) ? undefined : id,
      headers: headersOf({ method, "request-id": id }),
      body: utf8.encode(JSON.stringify(params)),
    });
  }

  #readFrame(frame: StompFrame): readonly Heard[] {
    const read = decodeServerFrame(frame, VERSION);
    if (!read.ok) return [unreadable(read.problem)];
    switch (read.value.command) {
      case "CONNECTED":
        return this.#connected(read.value);
      case "MESSAGE":
        return [readMessage(read.value)];
      case "RECEIPT":
        return [this.#receipted(read.value.receiptId)];
      case "ERROR":
        return [ended(read.value)];
    }
  }

  #connected({ heartBeat, headers }: ConnectedFrame): readonly Heard[] {
    if (this.#admission !== undefined) return [NOTHING];
    const heartBeats = agreeOnHeartBeats(OWN_BEAT, heartBeat);
    const token = headers.get("token");
    this.#admission = {
      heartBeats,
      fresh:
        token === undefined ? undefined : { token, expiresIn: numberIn(headers.get("token-expires-in"), 0) },
      maxMessageBytes: numberIn(headers.get("max-message-bytes"), USUAL_ATTACHMENT.maxMessageBytes),
    };
    return [
      { type: "retort", message: SUBSCRIBE_RESPONSES },
      { type: "ready", heartBeats },
    ];
  }

  #receipted(id: string): Heard {
    if (id === this.#parting) return { type: "parted" };
    if (id !== this.#subscribing) return { type: "stored", id };
    return { type: "answer", id, answer: { result: SUBSCRIBED } };
  }
}

/** The answer to a subscription, which says no more than that it stands. */
const SUBSCRIBED = Symbol("subscribed");

const SUBSCRIBE_RESPONSES = written({
  command: "SUBSCRIBE",
  id: "responses",
  destination: RESPONSES,
  ack: "auto",
  receipt: undefined,
  headers: NOTHING_MORE,
});

function readMessage(message: MessageFrame): Heard {
  const { destination, headers } = message;
  const id = headers.get("request-id");
  if (destination === REQUESTS) return readCall(message, id);
  if (destination !== RESPONSES || id === undefined) return NOTHING;
  return { type: "answer", id, answer: readAnswer(message) };
}

function readCall(message: MessageFrame, id: string | undefined): Heard {
  const params = readBody(message);
  if (!params.ok) return refused(id, refusalOf(params.problem, "device"));
  const method = message.headers.get("method") ?? "";
  const token = decodeToken(encodeTokenRequest({ id, method, params: params.value }), READING);
  if (!token.ok) return refused(id, refusalOf(token.problem, "device"));
  return heardIn(token.value, (fault) => refused(id, fault));
}

function readAnswer(message: MessageFrame): Answer {
  const body = readBody(message);
  if (!body.ok) return { problem: body.problem };
  if (message.headers.get("status") !== "fault") return { result: body.value };
  const fault = readFault(body.value);
  return fault === undefined ? { problem: noFault } : { fault };
}

const noFault: Problem = { reason: "bad-field", at: "$", detail: "a fault has a code" };

/** An empty body is an empty object. */
function readBody({ contentType = JSON_TYPE, body }: MessageFrame): Decoded<object> {
  if (contentType.split(";")[0]?.trim().toLowerCase() !== JSON_TYPE)
    return refuse("bad-field", "content-type", "bodies are JSON here");
  if (body.length === 0) return accept({});
  try {
    const value: unknown = JSON.parse(text.decode(body));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return accept(value);
    return refuse("bad-field", "$", "an object is needed");
  } catch {
    return refuse("bad-field", "$", "it is no JSON");
  }
}

/** The last word of the ACS; over a link that knows no close codes, it carries that as well. */
function ended({ message = "", headers }: ErrorFrame): Heard {
  return { type: "ended", code: numberIn(headers.get("close-code"), BROKEN_OFF), reason: message };
}

function unreadable({ reason, at, detail }: Problem): Heard {
  const code = problems[reason].closeCode ?? closeCodes.unreadable.code;
  return { type: "unreadable", code, detail: `${at}: ${detail}` };
}

/** Who wants no answer is not told of a refusal, either. */
function refused(id: string | undefined, fault: Fault): Heard {
  return id === undefined ? NOTHING : { type: "retort", message: writeFault(id, fault) };
}

function writeFault(requestId: string, { code, message, data }: Fault): LinkMessage {
  return writeResponse(requestId, "fault", { code, message: message || faultText(code), data });
}

function writeResponse(requestId: string, status: "ok" | "fault", body: object): LinkMessage {
  return written({
    command: "SEND",
    destination: RESPONSES,
    contentType: JSON_TYPE,
    transaction: undefined,
    receipt: undefined,
    headers: headersOf({ "request-id": requestId, status }),
    body: utf8.encode(JSON.stringify(body)),
  });
}

function headersOf(
  given: Readonly<Record<string, string | number | undefined>>,
): ReadonlyMap<string, string> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([name, value]) => [name, String(value)]));
}

function numberIn(header: string | undefined, otherwise: number): number {
  return header !== undefined && /^[0-9]{1,9}$/.test(header) ? Number(header) : otherwise;
}

/** All that the device has to say can be said in this version. */
function written(frame: ClientFrame): LinkMessage {
  const bytes = writeFrame(encodeClientFrame(frame), VERSION);
  if (!bytes.ok) throw new Error(`cannot write ${frame.command}: ${bytes.problem.detail}`);
  return bytes.value;
}

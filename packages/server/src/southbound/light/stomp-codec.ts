import {
  accept,
  admitted,
  agreeOnHeartBeats,
  decodeClientFrame,
  defaultLimits,
  defaultSessionRules,
  defaultStompLimits,
  deliver,
  encodeServerFrame,
  HEART_BEAT_BYTES,
  NO_HEART_BEAT,
  onClientFrame,
  OPENING,
  refuse,
  refused,
  stompSubprotocols,
  StompReader,
  VERSION_AT_FIRST,
  writeFrame,
} from "@heliograph/protocol";
import type {
  Acknowledgement,
  Decoded,
  Fault,
  HeartBeat,
  HeartBeatPlan,
  JsonObject,
  LightResult,
  Limits,
  SendFrame,
  ServerFrame,
  SessionDecision,
  SessionEffect,
  SessionRules,
  StompSession,
  StompVersion,
  SubscribeFrame,
  TokenId,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import { writeCall } from "../cwmp/messages.ts";
import type { Closing } from "./closing.ts";
import { NOTHING } from "./codec.ts";
import type { LightCodec, Message, Opened, Said, WrittenCall } from "./codec.ts";
import { defaultDeviceLimits } from "./device-limits.ts";
import type { DeviceLimits } from "./device-limits.ts";
import { jsonCall, lateResult } from "./json-codec.ts";
import { mannerOf } from "./soap-messages.ts";
import { readAnswer, readAsked, typeOf, writeAnswerBody, writeFaultBody, XML_TYPE } from "./stomp-bodies.ts";
import type { BodyForm } from "./stomp-bodies.ts";
import {
  connectedFrame,
  ended,
  endedBy,
  messageFrame,
  noSuch,
  problemOf,
  processed,
  receiptFrame,
} from "./stomp-frames.ts";
import type { Asked, Content, Delivered, Receipt } from "./stomp-frames.ts";
import { limitsIn, REQUESTS, RESPONSES } from "./stomp-headers.ts";

export interface StompBounds {
  readonly maxMessageBytes: number;
  readonly pingIntervalMs: number;
}

/** The device's subscription to its calls. */
interface CallSubscription {
  readonly id: string;
  readonly isXml: boolean;
}

const CONNECTING = "CONNECT";
const NOT_CALLED: DeviceLimits = { ...defaultDeviceLimits, maxInFlight: 0 };
const DONE = 1000;
const JSON_FORM: BodyForm = { type: "json" };

/** STOMP: frames in messages that may be cut anywhere, a session, and bodies that are JSON or envelopes [LIGHT 5]. */
export class StompCodec implements LightCodec {
  heartBeats: HeartBeatPlan | undefined;
  readonly #limits: Limits;
  readonly #rules: SessionRules;
  readonly #offer: HeartBeat;
  readonly #opened: Opened;
  readonly #reader: StompReader;
  readonly #asked = new Map<TokenId, Asked>();
  #session: StompSession = OPENING;
  #version: StompVersion = VERSION_AT_FIRST;
  /** Whether the device sends text: it is answered in kind. */
  #isText = true;
  #calls: CallSubscription | undefined;
  #responses: string | undefined;
  #unnamed = 0;
  /** Bytes that have come since the last frame was whole. */
  #begun = 0;
  #told = 0;
  #last: ServerFrame | undefined;

  /** `spoken`: by us, on this connection. */
  constructor(
    spoken: readonly StompVersion[],
    { maxMessageBytes, pingIntervalMs }: StompBounds,
    opened: Opened,
  ) {
    this.#limits = { ...defaultLimits, maxChars: maxMessageBytes };
    this.#rules = { ...defaultSessionRules, spoken };
    this.#offer = { sends: pingIntervalMs, wants: pingIntervalMs };
    this.#opened = opened;
    this.#reader = new StompReader({ ...defaultStompLimits, maxBodyBytes: maxMessageBytes });
  }

  *read(message: Message): Generator<Said, void, undefined> {
    this.#isText = typeof message === "string";
    if (this.#session.name === "over") return;
    const bytes = typeof message === "string" ? Buffer.from(message) : message;
    this.#begun += bytes.length;
    for (const item of this.#reader.read(bytes)) {
      this.#begun = 0;
      if (!item.ok) yield this.#take(refused(item.problem));
      else if (item.value.kind === "heart-beat") yield NOTHING;
      else {
        const { frame } = item.value;
        const read = decodeClientFrame(frame, this.#version);
        const decision = read.ok
          ? onClientFrame(this.#session, read.value, this.#rules)
          : refused(read.problem, frame.headers.get("receipt"));
        yield this.#take(decision);
      }
      if (this.#isOver) return;
    }
  }

  writeCall(call: Call): WrittenCall {
    const { params, read } = jsonCall(call, this.#limits);
    const write = (): Message | undefined => this.#writeCall(call, params);
    return {
      get message() {
        return write();
      },
      read,
    };
  }

  writeAnswer(id: TokenId, result: object): Message | undefined {
    const asked = this.#answered(id);
    if (asked === undefined) return undefined;
    const body = writeAnswerBody(asked.form, asked.method, result);
    return this.#write([...this.#response(asked, "ok", body), ...processed(asked.receipt)]);
  }

  writeAttached(id: TokenId, result: LightResult<"Attach">): Message | undefined {
    return id === CONNECTING ? this.#writeConnected(result) : this.writeAnswer(id, result);
  }

  writeFault(id: TokenId | null, fault: Fault): Message | undefined {
    const asked = id === null ? undefined : this.#answered(id);
    return asked && this.#write(this.#response(asked, "fault", writeFaultBody(asked.form, fault)));
  }

  readLate(result: unknown): JsonObject | undefined {
    return lateResult(result, this.#limits);
  }

  writeClosing({ code, reason }: Closing): Message | undefined {
    const last = this.#last ?? (code === DONE ? undefined : endedBy(reason));
    if (last?.command !== "ERROR") return last && this.#write([last]);
    return this.#write([{ ...last, headers: new Map([...last.headers, ["close-code", String(code)]]) }]);
  }

  writeHeartBeat(): Message {
    return this.#isText ? "\n" : HEART_BEAT_BYTES;
  }

  get unfinished(): number {
    const held = this.#session.name === "open" ? [...this.#session.transactions.open.values()] : [];
    return held.reduce((sum, { weight }) => sum + weight, this.#begun);
  }

  get #ownBeat(): HeartBeat {
    return this.#version === "1.0" ? NO_HEART_BEAT : this.#offer;
  }

  get #isOver(): boolean {
    return this.#session.name === "over";
  }

  #take({ session, effect }: SessionDecision): Said {
    const before = this.#session;
    this.#session = session;
    if (effect === undefined) return NOTHING;
    const said = this.#perform(effect);
    if (said.ok) return said.value;
    // All of a frame or nothing: what it had changed is as it was, and the session is over.
    this.#session = before;
    const { receipt } = effect.type === "subscribe" ? effect.frame : { receipt: undefined, ...effect };
    return this.#take(refused(said.problem, receipt));
  }

  #perform(effect: SessionEffect): Decoded<Said> {
    switch (effect.type) {
      case "admit": {
        this.#version = effect.version;
        this.#reader.speak(effect.version);
        const plan = agreeOnHeartBeats(this.#ownBeat, effect.frame.heartBeat);
        if (effect.version !== "1.0") this.heartBeats = plan;
        return accept({
          type: "attach",
          id: CONNECTING,
          limits: NOT_CALLED,
          opens: true,
          passcode: effect.frame.passcode,
          speaks: stompSubprotocols[effect.version],
        });
      }
      case "subscribe":
        return this.#subscribe(effect.frame);
      case "unsubscribe":
        return accept(this.#unsubscribe(effect.id, effect.receipt));
      case "process":
        return this.#process(effect);
      case "receipt":
        return accept(this.#receipt(effect.receipt));
      case "refuse":
        this.#last = effect.error;
        return accept(ended(effect.problem));
      case "end":
        this.#last = effect.receipt === undefined ? undefined : receiptFrame(effect.receipt);
        return accept({ type: "done" });
      default:
        return unreachable(effect);
    }
  }

  #subscribe(frame: SubscribeFrame): Decoded<Said> {
    const { id, destination, receipt } = frame;
    if (destination === RESPONSES && this.#responses === undefined) {
      this.#responses = id;
      return accept(this.#receipt(receipt));
    }
    if (destination === REQUESTS && this.#calls === undefined) {
      const limits = limitsIn(frame.headers);
      if (!limits.ok) return limits;
      this.#calls = { id, isXml: typeOf({ contentType: frame.headers.get("accept") }) === XML_TYPE };
      return accept(this.#attach(limits.value, receipt));
    }
    const isKnown = destination === RESPONSES || destination === REQUESTS;
    return isKnown
      ? refuse("id-in-use", "SUBSCRIBE.destination", "it is subscribed to")
      : noSuch("SUBSCRIBE");
  }

  #unsubscribe(id: string, receipt: string | undefined): Said {
    if (id === this.#responses) this.#responses = undefined;
    if (id !== this.#calls?.id) return this.#receipt(receipt);
    this.#calls = undefined;
    return this.#attach(NOT_CALLED, receipt);
  }

  #attach(limits: DeviceLimits, receipt: string | undefined): Said {
    if (receipt === undefined) return { type: "attach", id: undefined, limits };
    const asked = {
      requestId: undefined,
      method: "Attach",
      form: JSON_FORM,
      receipt: { id: receipt, left: 1 },
    };
    return { type: "attach", id: this.#ask(asked), limits };
  }

  #process({
    sends,
    acknowledgements,
    receipt: id,
  }: Extract<SessionEffect, { readonly type: "process" }>): Decoded<Said> {
    const problem = sends.map(problemOf).find((found) => found !== undefined);
    if (problem !== undefined) return { ok: false, problem };
    const isAsked = ({ destination }: SendFrame): boolean => destination === REQUESTS;
    const receipt = id === undefined ? undefined : { id, left: sends.filter(isAsked).length };
    const said = sends.map((send) => (isAsked(send) ? this.#request(send, receipt) : this.#answer(send)));
    said.push(...this.#declined(acknowledgements));
    if (receipt?.left === 0) said.push(this.#receipt(receipt.id));
    const [only = NOTHING, ...more] = said;
    return accept(more.length === 0 ? only : { type: "group", said });
  }

  #request(frame: SendFrame, receipt: Receipt | undefined): Said {
    const requestId = frame.headers.get("request-id");
    const { form, method, request } = readAsked(frame, frame.headers.get("method") ?? "", this.#limits);
    const isHeard = requestId !== undefined || receipt !== undefined;
    const id = isHeard ? this.#ask({ requestId, method, form, receipt }) : undefined;
    if (!request.ok) return { type: "refused", id, fault: request.fault };
    // Who is not subscribed to calls cannot be called.
    const isIdle = request.value.method === "Attach" && this.#calls === undefined;
    return isIdle
      ? { type: "attach", id, limits: NOT_CALLED }
      : { type: "request", id, request: request.value };
  }

  #answer(frame: SendFrame): Said {
    const id = frame.headers.get("request-id") ?? "";
    return {
      type: "answer",
      id,
      answer: readAnswer(frame, frame.headers.get("status") === "fault", this.#limits),
    };
  }

  #declined(acknowledgements: readonly Acknowledgement[]): readonly Said[] {
    const refusals = acknowledgements.filter(
      ({ verdict, subscription }) => verdict === "NACK" && subscription === this.#calls?.id,
    );
    const ids = refusals.flatMap(({ deliveries }) => deliveries.map(({ messageId }) => messageId));
    return ids.length === 0 ? [] : [{ type: "declined", ids }];
  }

  #receipt(id: string | undefined): Said {
    const message = id === undefined ? undefined : this.#write([receiptFrame(id)]);
    return message === undefined ? NOTHING : { type: "acknowledged", message };
  }

  /** The id under which a request is served: the device's own where it is free. */
  #ask(asked: Asked): TokenId {
    const { requestId } = asked;
    const isFree = requestId !== undefined && requestId !== CONNECTING && !this.#asked.has(requestId);
    const id = isFree ? requestId : (this.#unnamed += 1);
    this.#asked.set(id, asked);
    return id;
  }

  #answered(id: TokenId): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #writeConnected(result: LightResult<"Attach">): Message | undefined {
    if (this.#session.name !== "admitting") return undefined;
    this.#session = admitted(this.#session);
    return this.#write([connectedFrame({ version: this.#version, heartBeat: this.#ownBeat }, result)]);
  }

  #writeCall(call: Call, params: object): Message | undefined {
    const calls = this.#calls;
    if (calls === undefined) return undefined;
    const manner = mannerOf(this.#opened.style);
    const form: BodyForm = calls.isXml ? { type: "xml", manner, id: call.callId } : JSON_FORM;
    const body = calls.isXml ? writeCall(manner, call) : JSON.stringify(params);
    const headers = new Map([
      ["method", call.method],
      ["request-id", String(call.callId)],
    ]);
    const frame = this.#message(
      { id: calls.id, destination: REQUESTS, messageId: call.callId },
      { form, headers, body },
    );
    return frame && this.#write([frame]);
  }

  #response({ requestId, form }: Asked, status: "ok" | "fault", body: string): readonly ServerFrame[] {
    if (requestId === undefined || this.#responses === undefined) return [];
    this.#told += 1;
    const headers = new Map([
      ["request-id", requestId],
      ["status", status],
    ]);
    const to = { id: this.#responses, destination: RESPONSES, messageId: `r${this.#told}` };
    return [this.#message(to, { form, headers, body }) ?? messageFrame(to, { form, headers, body })];
  }

  /** Undefined where the device has not acknowledged what it was sent before. */
  #message(to: Delivered, content: Content): ServerFrame | undefined {
    if (this.#session.name !== "open") return undefined;
    const { subscriptions } = this.#session;
    const decision = deliver(subscriptions, { subscription: to.id, messageId: to.messageId }, this.#rules);
    if (decision.type !== "send") return undefined;
    this.#session = { ...this.#session, subscriptions: decision.subscriptions };
    return messageFrame(to, content, decision.ack);
  }

  /** What the version cannot carry does not leave. */
  #write(frames: readonly ServerFrame[]): Message | undefined {
    const written = frames.map((frame) => writeFrame(encodeServerFrame(frame), this.#version));
    const bytes = written.flatMap((each) => (each.ok ? [each.value] : []));
    if (bytes.length === 0) return undefined;
    const message = Buffer.concat(bytes);
    return this.#isText ? message.toString("utf8") : message;
  }
}

import { accept, defaultLimits, refuse, stompSubprotocols } from "@heliograph/protocol";
import type {
  Acknowledgement,
  Decoded,
  Fault,
  HeartBeatPlan,
  JsonObject,
  LightResult,
  Limits,
  ObservationRequest,
  SendFrame,
  ServerFrame,
  SessionEffect,
  StompVersion,
  SubscribeFrame,
  TokenId,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { Call } from "../../ports/index.ts";
import { endBy, receiptFrame, ServedSession } from "../../stomp/served-session.ts";
import { writeCall } from "../cwmp/messages.ts";
import type { Told } from "./channels/place.ts";
import type { Telling, Written } from "./channels/telling.ts";
import type { ChannelWish } from "./channels/wish.ts";
import type { Closing } from "./closing.ts";
import { NOTHING } from "./codec.ts";
import type { LightCodec, Message, Opened, Said, WrittenCall } from "./codec.ts";
import { defaultDeviceLimits } from "./device-limits.ts";
import type { DeviceLimits } from "./device-limits.ts";
import { jsonCall, lateResult } from "./json-codec.ts";
import { mannerOf } from "./soap-messages.ts";
import { readAnswer, readAsked, typeOf, writeAnswerBody, writeFaultBody, XML_TYPE } from "./stomp-bodies.ts";
import type { BodyForm } from "./stomp-bodies.ts";
import { StompChannels } from "./stomp-channels.ts";
import { connectedFrame, messageFrame, noSuch, problemOf, processed } from "./stomp-frames.ts";
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

/** What the device is asked, as it is sent to it. */
interface AskedOfDevice {
  readonly id: string;
  readonly method: string;
  readonly form: BodyForm;
  readonly body: string;
}

const CONNECTING = "CONNECT";
const NOT_CALLED: DeviceLimits = { ...defaultDeviceLimits, maxInFlight: 0 };
const JSON_FORM: BodyForm = { type: "json" };

/** STOMP: frames in messages that may be cut anywhere, a session, and bodies that are JSON or envelopes [LIGHT 5]. */
export class StompCodec implements LightCodec {
  readonly #limits: Limits;
  readonly #opened: Opened;
  readonly #session: ServedSession<Said>;
  readonly #asked = new Map<TokenId, Asked>();
  readonly #channels = new StompChannels();
  #calls: CallSubscription | undefined;
  #responses: string | undefined;
  #unnamed = 0;
  #told = 0;

  /** `spoken`: by us, on this connection. */
  constructor(
    spoken: readonly StompVersion[],
    { maxMessageBytes, pingIntervalMs }: StompBounds,
    opened: Opened,
  ) {
    this.#limits = { ...defaultLimits, maxChars: maxMessageBytes };
    this.#opened = opened;
    this.#session = new ServedSession(
      { spoken, heartBeatMs: pingIntervalMs, maxBodyBytes: maxMessageBytes },
      { perform: (effect) => this.#perform(effect), nothing: NOTHING },
    );
  }

  get heartBeats(): HeartBeatPlan | undefined {
    return this.#session.heartBeats;
  }

  get unfinished(): number {
    return this.#session.unfinished;
  }

  read(message: Message): Generator<Said, void, undefined> {
    return this.#session.read(message);
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
    return this.#session.write([...this.#response(asked, "ok", body), ...processed(asked.receipt)]);
  }

  writeAttached(id: TokenId, result: LightResult<"Attach">): Message | undefined {
    return id === CONNECTING ? this.#writeConnected(result) : this.writeAnswer(id, result);
  }

  writeFault(id: TokenId | null, fault: Fault): Message | undefined {
    const asked = id === null ? undefined : this.#answered(id);
    return asked && this.#session.write(this.#response(asked, "fault", writeFaultBody(asked.form, fault)));
  }

  readLate(result: unknown): JsonObject | undefined {
    return lateResult(result, this.#limits);
  }

  writePublication(telling: Telling): Written | Exclude<Told, "told"> {
    return this.#channels.write(telling, this.#session);
  }

  /** As a call: the device answers it like one. */
  writeObservation(id: string, { method, params }: ObservationRequest): Message | undefined {
    return this.#calls && this.#writeAsked({ id, method, form: JSON_FORM, body: JSON.stringify(params) });
  }

  writeClosing(closing: Closing): Message | undefined {
    return this.#session.writeClosing(closing);
  }

  writeHeartBeat(): Message {
    return this.#session.writeHeartBeat();
  }

  #perform(effect: SessionEffect): Decoded<Said> {
    switch (effect.type) {
      case "admit":
        return accept({
          type: "attach",
          id: CONNECTING,
          limits: NOT_CALLED,
          opens: true,
          passcode: effect.frame.passcode,
          speaks: stompSubprotocols[effect.version],
        });
      case "subscribe":
        return this.#subscribe(effect.frame);
      case "unsubscribe":
        return accept(this.#unsubscribe(effect.id, effect.receipt));
      case "process":
        return this.#process(effect);
      case "receipt":
        return accept(this.#receipt(effect.receipt));
      case "refuse":
        return accept({ type: "unreadable", ...endBy(effect.problem) });
      case "end":
        return accept({ type: "done" });
      default:
        return unreachable(effect);
    }
  }

  #subscribe(frame: SubscribeFrame): Decoded<Said> {
    const { id, destination, receipt } = frame;
    const wish = this.#channels.subscribe(frame);
    if (wish !== undefined) return wish.ok ? accept(this.#wish(wish.value, receipt)) : wish;
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
    const wish = this.#channels.unsubscribe(id);
    if (wish !== undefined) return this.#wish(wish, receipt);
    if (id === this.#responses) this.#responses = undefined;
    if (id !== this.#calls?.id) return this.#receipt(receipt);
    this.#calls = undefined;
    return this.#attach(NOT_CALLED, receipt);
  }

  #wish(wish: ChannelWish, receipt: string | undefined): Said {
    return { type: "group", said: [{ type: "channel", wish }, this.#receipt(receipt)] };
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
    said.push(...this.#declined(acknowledgements), ...this.#channels.acknowledged(acknowledgements));
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
    const message = id === undefined ? undefined : this.#session.write([receiptFrame(id)]);
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
    const agreed = this.#session.admit();
    return agreed && this.#session.write([connectedFrame(agreed, result)]);
  }

  #writeCall(call: Call, params: object): Message | undefined {
    const calls = this.#calls;
    if (calls === undefined) return undefined;
    const manner = mannerOf(this.#opened.style);
    const form: BodyForm = calls.isXml ? { type: "xml", manner, id: call.callId } : JSON_FORM;
    const body = calls.isXml ? writeCall(manner, call) : JSON.stringify(params);
    return this.#writeAsked({ id: call.callId, method: call.method, form, body });
  }

  #writeAsked({ id, method, form, body }: AskedOfDevice): Message | undefined {
    if (this.#calls === undefined) return undefined;
    const headers = new Map([
      ["method", method],
      ["request-id", id],
    ]);
    const to = { id: this.#calls.id, destination: REQUESTS, messageId: id };
    const frame = this.#message(to, { form, headers, body });
    return frame && this.#session.write([frame]);
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
    const delivering = this.#session.deliver({ subscription: to.id, messageId: to.messageId });
    return typeof delivering === "string" ? undefined : messageFrame(to, content, delivering.ack);
  }
}

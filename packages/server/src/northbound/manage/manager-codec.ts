import {
  accept,
  admitted,
  agreeOnHeartBeats,
  decodeClientFrame,
  defaultSessionRules,
  defaultStompLimits,
  deliver,
  encodeServerFrame,
  HEART_BEAT_BYTES,
  NO_HEADERS,
  NO_HEART_BEAT,
  onClientFrame,
  OPENING,
  problems,
  refuse,
  refused,
  StompReader,
  VERSION_AT_FIRST,
  writeFrame,
  type Decoded,
  type HeartBeat,
  type HeartBeatPlan,
  type SendFrame,
  type ServerFrame,
  type SessionDecision,
  type SessionEffect,
  type SessionRules,
  type StompSession,
  type StompVersion,
  type SubscribeFrame,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { Answer } from "./answers.ts";
import { addressOf, type Addressed } from "./question.ts";

export type Message = string | Buffer;

/** A SEND, and whom it is for. */
export interface AskedSend {
  readonly frame: SendFrame;
  readonly addressed: Addressed;
}

/** What a manager said by one frame, or by all of a transaction. */
export type ManagerSaid =
  | { readonly type: "connect"; readonly passcode: string | undefined }
  /** All of it or nothing; `receipt`: once it is stored. */
  | { readonly type: "ask"; readonly sends: readonly AskedSend[]; readonly receipt: string | undefined }
  /** Answers that waited may leave now. */
  | { readonly type: "receptive" }
  | { readonly type: "reply"; readonly message: Message }
  | { readonly type: "done" }
  | { readonly type: "unreadable"; readonly code: number; readonly detail: string }
  | { readonly type: "nothing" };

/** What becomes of an answer: it is written, waits until others are acknowledged, or nobody wants it. */
export type WrittenAnswer = { readonly message: Message } | "wait" | "drop";

export interface ManagerCodecSettings {
  readonly spoken: readonly StompVersion[];
  readonly heartBeatMs: number;
  readonly maxBodyBytes: number;
}

const RESPONSES = "/user/responses";
const SERVER = "heliograph";
const NOTHING: ManagerSaid = { type: "nothing" };
const NO_SUCH =
  "there is no such destination: /device/<key>/requests is sent to, /user/responses subscribed to";

/** STOMP as a manager speaks it: frames in messages that may be cut anywhere, a session, questions and their answers [LIGHT 5]. */
export class ManagerCodec {
  heartBeats: HeartBeatPlan | undefined;
  readonly #rules: SessionRules;
  readonly #offer: HeartBeat;
  readonly #reader: StompReader;
  #session: StompSession = OPENING;
  #version: StompVersion = VERSION_AT_FIRST;
  /** Whether the manager sends text: it is answered in kind. */
  #isText = true;
  #responses: string | undefined;
  #told = 0;
  #last: ServerFrame | undefined;

  constructor({ spoken, heartBeatMs, maxBodyBytes }: ManagerCodecSettings) {
    this.#rules = { ...defaultSessionRules, spoken };
    this.#offer = { sends: heartBeatMs, wants: heartBeatMs };
    this.#reader = new StompReader({ ...defaultStompLimits, maxBodyBytes });
  }

  /** Whether answers are subscribed to. */
  get isListening(): boolean {
    return this.#responses !== undefined;
  }

  *read(message: Message): Generator<ManagerSaid, void, undefined> {
    this.#isText = typeof message === "string";
    if (this.#session.name === "over") return;
    for (const item of this.#reader.read(typeof message === "string" ? Buffer.from(message) : message)) {
      if (!item.ok) yield this.#take(refused(item.problem));
      else if (item.value.kind === "frame") {
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

  /** The manager is let in; undefined where it did not ask to be. */
  writeConnected(session: string): Message | undefined {
    if (this.#session.name !== "admitting") return undefined;
    this.#session = admitted(this.#session);
    const version = this.#version;
    const heartBeat = this.#ownBeat;
    return this.#write({
      command: "CONNECTED",
      version,
      heartBeat,
      session,
      server: SERVER,
      headers: NO_HEADERS,
    });
  }

  writeReceipt(receiptId: string): Message | undefined {
    return this.#write(receipt(receiptId));
  }

  /** `receiptId`: of the frame that was refused, where it asked for a receipt, which does not come. */
  writeAnswer(
    { requestId, status, contentType, body, operation }: Answer,
    receiptId?: string,
  ): WrittenAnswer {
    if (this.#session.name !== "open" || this.#responses === undefined) return "drop";
    const messageId = `r${this.#told + 1}`;
    const subscription = this.#responses;
    const decision = deliver(this.#session.subscriptions, { subscription, messageId }, this.#rules);
    if (decision.type !== "send") return decision.type;
    this.#session = { ...this.#session, subscriptions: decision.subscriptions };
    this.#told += 1;
    const headers = { "request-id": requestId, status, operation, "receipt-id": receiptId };
    const message = this.#write({
      command: "MESSAGE",
      destination: RESPONSES,
      messageId,
      subscription,
      ack: decision.ack,
      contentType,
      headers: new Map(
        Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      body: Buffer.from(body),
    });
    return message === undefined ? "drop" : { message };
  }

  /** What is said last; undefined where that is nothing. */
  writeClosing({ code, reason }: { readonly code: number; readonly reason: string }): Message | undefined {
    const last = this.#last ?? (code === DONE ? undefined : endedBy(reason));
    if (last?.command !== "ERROR") return last && this.#write(last);
    return this.#write({ ...last, headers: new Map([...last.headers, ["close-code", String(code)]]) });
  }

  writeHeartBeat(): Message {
    return this.#isText ? "\n" : Buffer.from(HEART_BEAT_BYTES);
  }

  get #ownBeat(): HeartBeat {
    return this.#version === "1.0" ? NO_HEART_BEAT : this.#offer;
  }

  get #isOver(): boolean {
    return this.#session.name === "over";
  }

  #take({ session, effect }: SessionDecision): ManagerSaid {
    const before = this.#session;
    this.#session = session;
    if (effect === undefined) return NOTHING;
    const said = this.#perform(effect);
    if (said.ok) return said.value;
    // All of a frame or nothing: what it had changed is as it was, and the session is over.
    this.#session = before;
    const { receipt: asked } = effect.type === "subscribe" ? effect.frame : { receipt: undefined, ...effect };
    return this.#take(refused(said.problem, asked));
  }

  #perform(effect: SessionEffect): Decoded<ManagerSaid> {
    switch (effect.type) {
      case "admit": {
        this.#version = effect.version;
        this.#reader.speak(effect.version);
        const plan = agreeOnHeartBeats(this.#ownBeat, effect.frame.heartBeat);
        if (effect.version !== "1.0") this.heartBeats = plan;
        return accept({ type: "connect", passcode: effect.frame.passcode });
      }
      case "subscribe":
        return this.#subscribe(effect.frame);
      case "unsubscribe":
        if (effect.id === this.#responses) this.#responses = undefined;
        return accept(this.#reply(effect.receipt));
      case "process":
        return this.#process(effect);
      case "receipt":
        return accept(this.#reply(effect.receipt));
      case "refuse": {
        this.#last = effect.error;
        const { reason, at, detail } = effect.problem;
        const code = problems[reason].closeCode ?? problems["not-a-frame"].closeCode;
        return accept({ type: "unreadable", code, detail: `${at}: ${detail}` });
      }
      case "end":
        this.#last = effect.receipt === undefined ? undefined : receipt(effect.receipt);
        return accept({ type: "done" });
      default:
        return unreachable(effect);
    }
  }

  #subscribe({ id, destination, receipt: asked }: SubscribeFrame): Decoded<ManagerSaid> {
    if (destination !== RESPONSES) return refuse("unknown-id", "SUBSCRIBE.destination", NO_SUCH);
    if (this.#responses !== undefined) {
      return refuse("id-in-use", "SUBSCRIBE.destination", "it is subscribed to");
    }
    this.#responses = id;
    return accept(this.#reply(asked));
  }

  #process({
    sends,
    acknowledgements,
    receipt: asked,
  }: Extract<SessionEffect, { readonly type: "process" }>) {
    const addressed: AskedSend[] = [];
    for (const frame of sends) {
      const known = addressOf(frame);
      if (known === undefined) return refuse("unknown-id", "SEND.destination", NO_SUCH);
      addressed.push({ frame, addressed: known });
    }
    if (addressed.length > 0) return accept<ManagerSaid>({ type: "ask", sends: addressed, receipt: asked });
    if (asked !== undefined) return accept(this.#reply(asked));
    return accept<ManagerSaid>(acknowledgements.length > 0 ? { type: "receptive" } : NOTHING);
  }

  #reply(asked: string | undefined): ManagerSaid {
    const message = asked === undefined ? undefined : this.writeReceipt(asked);
    return message === undefined ? NOTHING : { type: "reply", message };
  }

  /** What the version cannot carry does not leave. */
  #write(frame: ServerFrame): Message | undefined {
    const written = writeFrame(encodeServerFrame(frame), this.#version);
    if (!written.ok) return undefined;
    const message = Buffer.from(written.value);
    return this.#isText ? message.toString("utf8") : message;
  }
}

const DONE = 1000;

function receipt(receiptId: string): ServerFrame {
  return { command: "RECEIPT", receiptId, headers: NO_HEADERS };
}

function endedBy(message: string): ServerFrame {
  const none = { receiptId: undefined, contentType: undefined, headers: NO_HEADERS };
  return { command: "ERROR", message, ...none, body: Buffer.alloc(0) };
}

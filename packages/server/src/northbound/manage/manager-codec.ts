import {
  accept,
  NO_HEADERS,
  refuse,
  type Decoded,
  type HeartBeatPlan,
  type SendFrame,
  type SessionEffect,
  type SubscribeFrame,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import {
  endBy,
  receiptFrame,
  ServedSession,
  type ServedSettings,
  type StompMessage,
} from "../../stomp/served-session.ts";
import type { Answer } from "./answers.ts";
import { addressOf, type Addressed } from "./question.ts";

export type Message = StompMessage;

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

const RESPONSES = "/user/responses";
const SERVER = "heliograph";
const NOTHING: ManagerSaid = { type: "nothing" };
const NO_SUCH =
  "there is no such destination: /device/<key>/requests is sent to, /user/responses subscribed to";

/** STOMP as a manager speaks it: frames in messages that may be cut anywhere, a session, questions and their answers [LIGHT 5]. */
export class ManagerCodec {
  readonly #session: ServedSession<ManagerSaid>;
  #responses: string | undefined;
  #told = 0;

  constructor(settings: ServedSettings) {
    this.#session = new ServedSession(settings, {
      perform: (effect) => this.#perform(effect),
      nothing: NOTHING,
    });
  }

  get heartBeats(): HeartBeatPlan | undefined {
    return this.#session.heartBeats;
  }

  /** Whether answers are subscribed to. */
  get isListening(): boolean {
    return this.#responses !== undefined;
  }

  read(message: Message): Generator<ManagerSaid, void, undefined> {
    return this.#session.read(message);
  }

  /** The manager is let in; undefined where it did not ask to be. */
  writeConnected(session: string): Message | undefined {
    const agreed = this.#session.admit();
    const connected = { command: "CONNECTED", session, server: SERVER, headers: NO_HEADERS } as const;
    return agreed && this.#session.write([{ ...connected, ...agreed }]);
  }

  writeReceipt(receiptId: string): Message | undefined {
    return this.#session.write([receiptFrame(receiptId)]);
  }

  /** `receiptId`: of the frame that was refused, where it asked for a receipt, which does not come. */
  writeAnswer(
    { requestId, status, contentType, body, operation }: Answer,
    receiptId?: string,
  ): WrittenAnswer {
    if (this.#responses === undefined) return "drop";
    const to = { subscription: this.#responses, messageId: `r${this.#told + 1}` };
    const delivering = this.#session.deliver(to);
    if (typeof delivering === "string") return delivering;
    this.#told += 1;
    const headers = { "request-id": requestId, status, operation, "receipt-id": receiptId };
    const message = this.#session.write([
      {
        command: "MESSAGE",
        destination: RESPONSES,
        ...to,
        ...delivering,
        contentType,
        headers: new Map(
          Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
        body: Buffer.from(body),
      },
    ]);
    return message === undefined ? "drop" : { message };
  }

  /** What is said last; undefined where that is nothing. */
  writeClosing(closing: { readonly code: number; readonly reason: string }): Message | undefined {
    return this.#session.writeClosing(closing);
  }

  writeHeartBeat(): Message {
    return this.#session.writeHeartBeat();
  }

  #perform(effect: SessionEffect): Decoded<ManagerSaid> {
    switch (effect.type) {
      case "admit":
        return accept({ type: "connect", passcode: effect.frame.passcode });
      case "subscribe":
        return this.#subscribe(effect.frame);
      case "unsubscribe":
        if (effect.id === this.#responses) this.#responses = undefined;
        return accept(this.#reply(effect.receipt));
      case "process":
        return this.#process(effect);
      case "receipt":
        return accept(this.#reply(effect.receipt));
      case "refuse":
        return accept({ type: "unreadable", ...endBy(effect.problem) });
      case "end":
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
}

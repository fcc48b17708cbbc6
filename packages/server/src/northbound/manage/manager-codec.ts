import {
  accept,
  NO_HEADERS,
  refuse,
  type Decoded,
  type DeviceKey,
  type HeartBeatPlan,
  type SessionEffect,
  type SubscribeFrame,
} from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import { CHANNEL, positionIn } from "../../stomp/publication-headers.ts";
import { endBy, receiptFrame, ServedSession, type ServedSettings } from "../../stomp/served-session.ts";
import type { Answer } from "./answers.ts";
import type { Told } from "./followed-channels.ts";
import type { AskedSend, ManagerLanguage, ManagerSaid, Message, WrittenAnswer } from "./manager-language.ts";
import { addressOf, readQuestion } from "./question.ts";
import { liveOf, readWatch, watchedIn } from "./stomp-views.ts";
import type { Seen } from "./watched-views.ts";

const RESPONSES = "/user/responses";
const SERVER = "heliograph";
const NOTHING: ManagerSaid = { type: "nothing" };
const NO_SUCH =
  "there is no such destination: /device/<key>/requests is sent to; /user/responses, /channel/<name> and /device/<key>/live are " +
  "subscribed to";

/** STOMP as a manager speaks it: frames in messages that may be cut anywhere, a session, questions and their answers [LIGHT 5]. */
export class ManagerCodec implements ManagerLanguage {
  readonly beginsAtOnce = false;
  readonly #session: ServedSession<ManagerSaid>;
  #responses: string | undefined;
  /** The subscriptions to channels, by their names. */
  readonly #channels = new Map<string, string>();
  /** Those to values of devices, by their own ids. */
  readonly #views = new Map<string, DeviceKey>();
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

  writePublication({ channel, epoch, offset, isState, data }: Told): Exclude<WrittenAnswer, "kept"> {
    const subscription = this.#channels.get(channel);
    if (subscription === undefined) return "drop";
    const to = { subscription, messageId: `${epoch}-${offset}` };
    const delivering = this.#session.deliver(to);
    if (typeof delivering === "string") return delivering;
    const headers = new Map([
      ["epoch", epoch],
      ["offset", String(offset)],
      ...(isState ? [["state", "true"] as const] : []),
    ]);
    const body = Buffer.from(JSON.stringify(data));
    const published = { destination: CHANNEL + channel, ...to, ...delivering, headers, body };
    const message = this.#session.write([
      { command: "MESSAGE", contentType: "application/json", ...published },
    ]);
    return message === undefined ? "drop" : { message };
  }

  writeSeen({ device, view, said }: Seen): Exclude<WrittenAnswer, "kept"> {
    if (!this.#views.has(view)) return "drop";
    const to = { subscription: view, messageId: `v${this.#told + 1}` };
    const delivering = this.#session.deliver(to);
    if (typeof delivering === "string") return delivering;
    this.#told += 1;
    const body = Buffer.from(JSON.stringify(said));
    const seen = { destination: liveOf(device), ...to, ...delivering, headers: NO_HEADERS, body };
    const message = this.#session.write([{ command: "MESSAGE", contentType: "application/json", ...seen }]);
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
        return accept(this.#unsubscribe(effect.id, effect.receipt));
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

  #subscribe(frame: SubscribeFrame): Decoded<ManagerSaid> {
    const { id, destination, receipt: asked } = frame;
    if (destination.startsWith(CHANNEL)) return this.#follow(frame);
    const device = watchedIn(destination);
    if (device !== undefined) return this.#watch(frame, device);
    if (destination !== RESPONSES) return refuse("unknown-id", "SUBSCRIBE.destination", NO_SUCH);
    if (this.#responses !== undefined) {
      return refuse("id-in-use", "SUBSCRIBE.destination", "it is subscribed to");
    }
    this.#responses = id;
    return accept(this.#reply(asked));
  }

  #follow({ id, destination, headers, receipt }: SubscribeFrame): Decoded<ManagerSaid> {
    const channel = destination.slice(CHANNEL.length);
    if (this.#channels.has(channel)) {
      return refuse("id-in-use", "SUBSCRIBE.destination", "it is subscribed to");
    }
    const position = positionIn(headers);
    if (!position.ok) return position;
    this.#channels.set(channel, id);
    return accept({ type: "follow", channel, position: position.value, receipt });
  }

  #watch({ id, headers, receipt }: SubscribeFrame, device: DeviceKey): Decoded<ManagerSaid> {
    const wish = readWatch(headers);
    if (!wish.ok) return wish;
    this.#views.set(id, device);
    return accept({ type: "watch", device, view: id, wish: wish.value, receipt });
  }

  #unsubscribe(id: string, receipt: string | undefined): ManagerSaid {
    const [channel] = [...this.#channels].find(([, subscription]) => subscription === id) ?? [];
    if (channel !== undefined) {
      this.#channels.delete(channel);
      return { type: "unfollow", channel, receipt };
    }
    const device = this.#views.get(id);
    if (device !== undefined) {
      this.#views.delete(id);
      return { type: "unwatch", device, view: id, receipt };
    }
    if (id === this.#responses) this.#responses = undefined;
    return this.#reply(receipt);
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
      addressed.push({
        addressed: known,
        bytes: frame.body.length,
        read: (now) => readQuestion(frame, known, now),
      });
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

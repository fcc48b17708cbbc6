import { randomBytes } from "node:crypto";
import { NotTested } from "../case.ts";
import { Conversation } from "../conversation.ts";
import { elementsIn, textIn } from "../speech/xml.ts";
import { jsonSpeech } from "../speech/json-speech.ts";
import { soapSpeech } from "../speech/soap-speech.ts";
import { stompAcsSpeech } from "../speech/stomp-speech.ts";
import type { Call, HeardFrame, Speech, Subprotocol } from "../speech/speech.ts";
import type { Trail } from "../trail.ts";
import { Inbox } from "../wire/inbox.ts";
import type { RawSocket } from "../wire/raw-socket.ts";
import { acsOutcomeOf, attachedFields } from "./acs-part.ts";

/** One socket of the device, and what it said to get there. */
export interface Connection {
  readonly talk: Conversation;
  /** The subprotocols that it offered, without the token. */
  readonly offered: readonly string[];
  readonly token: string | undefined;
  /** Milliseconds since the connection before it ended; undefined of the first. */
  readonly cameAfterMs: number | undefined;
  /** Requests of the device over this connection. */
  readonly calls: Call[];
  /** Its requests that are not answered: now, and at the most. */
  readonly unanswered: { now: number; most: number };
  /** `v12.stomp`: the frame that it began with; undefined where that was none to begin with. */
  opening?: HeardFrame;
}

export interface DeviceSeatOptions {
  readonly subprotocol: Subprotocol;
  readonly trail: Trail;
  /** How long an answer is waited for. */
  readonly patienceMs: number;
  /** How long a connection is waited for. */
  readonly connectMs: number;
}

const PING_MS = 15_000;
/** `cwmp.soap`: so long a request is unanswered, so that another shows which does not wait. */
const UNANSWERED_MS = 100;
/** Between signs of life, as devices are told. */
export const PERIOD_SECONDS = 30;

/** What a case has to test a device with: the connection that it holds, and what it said so far. */
export class DeviceSeat implements AsyncDisposable {
  readonly subprotocol: Subprotocol;
  readonly trail: Trail;
  /** The Informs over HTTP, as they were written. */
  readonly informs: string[] = [];
  readonly connections: Connection[] = [];
  /** The tokens that were given out, the newest last. */
  readonly tokens: string[] = [];
  readonly informed = new Inbox<string>();
  readonly #options: DeviceSeatOptions;
  readonly #opened = new Inbox<Connection>();
  readonly #pinging: NodeJS.Timeout;
  /** Seconds between two signs of life: what the next Attach is answered with. */
  periodSeconds = PERIOD_SECONDS;
  /** `v12.stomp`: what the next CONNECTED offers and wants. */
  heartBeat = "0,0";
  /** Shows no signs of life. */
  isSilent = false;
  #current: Connection | undefined;
  #endedAt: number | undefined;

  constructor(options: DeviceSeatOptions) {
    this.#options = options;
    this.subprotocol = options.subprotocol;
    this.trail = options.trail;
    this.#pinging = setInterval(() => {
      if (!this.isSilent) this.#current?.talk.sayAside(this.#life());
    }, PING_MS);
  }

  get patienceMs(): number {
    return this.#options.patienceMs;
  }

  /** A token that opens a socket from now on. */
  freshToken(): string {
    const token = randomBytes(12).toString("hex");
    this.tokens.push(token);
    return token;
  }

  /** The connection that the device holds; where it holds none, the next one, with its device attached. */
  async connection(waitMs = this.#options.connectMs): Promise<Connection> {
    if (this.#current?.talk.isOver === true) this.ended();
    if (this.#current !== undefined) return this.#current;
    const opened = await this.#opened.take(waitMs);
    if (opened === undefined) throw new NotTested(`the device opened no socket in ${waitMs / 1_000} s`);
    this.#current = opened;
    await this.#attached(opened);
    return opened;
  }

  /** Takes that connection for ended, so that the next one counts. */
  ended(): void {
    this.#current = undefined;
    this.#endedAt = performance.now();
  }

  /** Takes a socket that the device has opened. */
  take(socket: RawSocket, offer: Pick<Connection, "offered" | "token">): void {
    const cameAfterMs = this.#endedAt === undefined ? undefined : performance.now() - this.#endedAt;
    const calls: Call[] = [];
    const unanswered = { now: 0, most: 0 };
    const talk = new Conversation({
      socket,
      speech: this.#speech((text) => socket.text(text)),
      trail: this.trail,
      patienceMs: this.#options.patienceMs,
      serve: (call, conversation) => {
        calls.push(call);
        unanswered.now += 1;
        unanswered.most = Math.max(unanswered.most, unanswered.now);
        const answer = conversation.speech.answer(call, acsOutcomeOf(call, this));
        const isWanted = call.id !== undefined || this.subprotocol === "cwmp.soap";
        const end = (): void => {
          unanswered.now -= 1;
          if (isWanted) conversation.sayAside(answer);
        };
        if (this.subprotocol === "cwmp.soap") setTimeout(end, UNANSWERED_MS);
        else end();
      },
    });
    const connection: Connection = { talk, calls, unanswered, cameAfterMs, ...offer };
    this.connections.push(connection);
    this.#opened.add(connection);
  }

  /** The root of the device's data model, as its Inform shows it. */
  get root(): string {
    const [name = "Device."] = this.informedNames;
    return name.startsWith("InternetGatewayDevice.") ? "InternetGatewayDevice." : "Device.";
  }

  /** The parameters of the first Inform. */
  get informedNames(): readonly string[] {
    const [inform = ""] = this.informs;
    return elementsIn(inform, "ParameterValueStruct").flatMap((inside) => textIn(inside, "Name") ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#pinging);
    for (const { talk } of this.connections) await talk[Symbol.asyncDispose]();
  }

  #life(): string {
    return this.subprotocol === "v12.stomp" ? "\n" : "";
  }

  #speech(say: (text: string) => void): Speech {
    if (this.subprotocol === "cwmp.json") return jsonSpeech();
    if (this.subprotocol === "cwmp.soap") return soapSpeech();
    const { Session, Token, ExpiresIn, MaxInFlight, MaxMessageBytes } = attachedFields(this);
    return stompAcsSpeech(say, {
      "heart-beat": this.heartBeat,
      session: Session,
      token: Token,
      "token-expires-in": String(ExpiresIn),
      "max-in-flight": String(MaxInFlight),
      "max-message-bytes": String(MaxMessageBytes),
    });
  }

  /** Until the device may be called: after Attach, after its subscription, or when it keeps silent. */
  async #attached(connection: Connection): Promise<void> {
    const { talk, calls } = connection;
    const deadline = performance.now() + this.#options.patienceMs;
    while (performance.now() < deadline) {
      const heard = await talk.said(STEP_MS);
      if (heard?.is === "frame" && /^(CONNECT|STOMP)$/.test(heard.command)) connection.opening = heard;
      if (heard?.is === "frame" && heard.headers.get("destination") === "/requests") return;
      if (this.subprotocol === "cwmp.soap" && calls.length > 0) return;
      if (calls.some(({ method }) => method === "Attach")) return;
    }
  }
}

const STEP_MS = 50;

import {
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
  refused,
  StompReader,
  VERSION_AT_FIRST,
  writeFrame,
  type ConnectedFrame,
  type Decoded,
  type HeartBeat,
  type HeartBeatPlan,
  type Problem,
  type ServerFrame,
  type SessionDecision,
  type SessionEffect,
  type SessionRules,
  type StompSession,
  type StompVersion,
} from "@heliograph/protocol";

/** What a message of the transport holds: text, or bytes. */
export type StompMessage = string | Uint8Array;

export interface ServedSettings {
  /** By us, on this connection. */
  readonly spoken: readonly StompVersion[];
  /** What the ACS offers and wants; nothing in 1.0. */
  readonly heartBeatMs: number;
  readonly maxBodyBytes: number;
}

/** What a door makes of its client's frames: values of its own. */
export interface Performer<S> {
  /** What an effect comes to; where it is refused, its frame has changed nothing, and the session is over. */
  readonly perform: (effect: SessionEffect) => Decoded<S>;
  /** What there is to say where there is nothing to say. */
  readonly nothing: S;
}

/** Whom a MESSAGE is for: the subscription, and the id by which it may be acknowledged. */
export interface Delivered {
  readonly subscription: string;
  readonly messageId: string;
}

/** What becomes of a MESSAGE: it leaves with this ack, waits until others are acknowledged, or nobody wants it. */
export type Delivering = { readonly ack: string | undefined } | "wait" | "drop";

const DONE = 1000;

/** A STOMP session as its server leads it: frames in messages that may be cut anywhere, versions, heart-beats, the end. */
export class ServedSession<S> {
  /** What was agreed on; undefined until then, and in 1.0. */
  heartBeats: HeartBeatPlan | undefined;
  readonly #performer: Performer<S>;
  readonly #rules: SessionRules;
  readonly #offer: HeartBeat;
  readonly #reader: StompReader;
  #session: StompSession = OPENING;
  #version: StompVersion = VERSION_AT_FIRST;
  #isText = true;
  /** Bytes that have come since the last frame was whole. */
  #begun = 0;
  #last: ServerFrame | undefined;

  constructor({ spoken, heartBeatMs, maxBodyBytes }: ServedSettings, performer: Performer<S>) {
    this.#performer = performer;
    this.#rules = { ...defaultSessionRules, spoken };
    this.#offer = { sends: heartBeatMs, wants: heartBeatMs };
    this.#reader = new StompReader({ ...defaultStompLimits, maxBodyBytes });
  }

  /** What is held of the client's: frames that have begun, and those of open transactions, in bytes. */
  get unfinished(): number {
    const held = this.#session.name === "open" ? [...this.#session.transactions.open.values()] : [];
    return held.reduce((sum, { weight }) => sum + weight, this.#begun);
  }

  get version(): StompVersion {
    return this.#version;
  }

  /** Whether the client sends text: it is answered in kind. */
  get isText(): boolean {
    return this.#isText;
  }

  *read(message: StompMessage): Generator<S, void, undefined> {
    this.#isText = typeof message === "string";
    if (this.#session.name === "over") return;
    const bytes = typeof message === "string" ? Buffer.from(message) : message;
    this.#begun += bytes.length;
    for (const item of this.#reader.read(bytes)) {
      this.#begun = 0;
      if (!item.ok) yield this.#take(refused(item.problem));
      else if (item.value.kind === "heart-beat") yield this.#performer.nothing;
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

  /** The client is let in; undefined where it did not ask to be. */
  admit(): Pick<ConnectedFrame, "version" | "heartBeat"> | undefined {
    if (this.#session.name !== "admitting") return undefined;
    this.#session = admitted(this.#session);
    return { version: this.#version, heartBeat: this.#ownBeat };
  }

  /** Counts a MESSAGE as sent, where it may be. */
  deliver(to: Delivered): Delivering {
    if (this.#session.name !== "open") return "drop";
    const decision = deliver(this.#session.subscriptions, to, this.#rules);
    if (decision.type !== "send") return decision.type;
    this.#session = { ...this.#session, subscriptions: decision.subscriptions };
    return { ack: decision.ack };
  }

  /** What the version cannot carry does not leave; undefined where nothing is left. */
  write(frames: readonly ServerFrame[]): StompMessage | undefined {
    const written = frames.map((frame) => writeFrame(encodeServerFrame(frame), this.#version));
    const bytes = written.flatMap((each) => (each.ok ? [each.value] : []));
    if (bytes.length === 0) return undefined;
    const message = Buffer.concat(bytes);
    return this.#isText ? message.toString("utf8") : message;
  }

  /** What is said last: an ERROR has the code that the connection closes with; undefined where nothing is said. */
  writeClosing({
    code,
    reason,
  }: {
    readonly code: number;
    readonly reason: string;
  }): StompMessage | undefined {
    const last = this.#last ?? (code === DONE ? undefined : errorOf(reason));
    if (last?.command !== "ERROR") return last && this.write([last]);
    return this.write([{ ...last, headers: new Map([...last.headers, ["close-code", String(code)]]) }]);
  }

  writeHeartBeat(): StompMessage {
    return this.#isText ? "\n" : HEART_BEAT_BYTES;
  }

  get #ownBeat(): HeartBeat {
    return this.#version === "1.0" ? NO_HEART_BEAT : this.#offer;
  }

  get #isOver(): boolean {
    return this.#session.name === "over";
  }

  #take({ session, effect }: SessionDecision): S {
    const before = this.#session;
    this.#session = session;
    if (effect === undefined) return this.#performer.nothing;
    this.#note(effect);
    const said = this.#performer.perform(effect);
    if (said.ok) return said.value;
    // All of a frame or nothing: what it had changed is as it was, and the session is over.
    this.#session = before;
    const { receipt } = effect.type === "subscribe" ? effect.frame : { receipt: undefined, ...effect };
    return this.#take(refused(said.problem, receipt));
  }

  #note(effect: SessionEffect): void {
    if (effect.type === "admit") {
      this.#version = effect.version;
      this.#reader.speak(effect.version);
      const plan = agreeOnHeartBeats(this.#ownBeat, effect.frame.heartBeat);
      if (effect.version !== "1.0") this.heartBeats = plan;
    } else if (effect.type === "refuse") this.#last = effect.error;
    else if (effect.type === "end" && effect.receipt !== undefined) this.#last = receiptFrame(effect.receipt);
  }
}

export function receiptFrame(receiptId: string): ServerFrame {
  return { command: "RECEIPT", receiptId, headers: NO_HEADERS };
}

/** With which code a connection closes for what its client said, and what is written down of it. */
export function endBy({ reason, at, detail }: Problem): { readonly code: number; readonly detail: string } {
  return {
    code: problems[reason].closeCode ?? problems["not-a-frame"].closeCode,
    detail: `${at}: ${detail}`,
  };
}

function errorOf(message: string): ServerFrame {
  const none = { receiptId: undefined, contentType: undefined, headers: NO_HEADERS };
  return { command: "ERROR", message, ...none, body: Buffer.alloc(0) };
}

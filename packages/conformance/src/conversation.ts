import { expect } from "./case.ts";
import type { Fields } from "./json.ts";
import type { Answer, Call, Fault, Heard, Id, Speech } from "./speech/speech.ts";
import { shortened, type Trail } from "./trail.ts";
import { Inbox } from "./wire/inbox.ts";
import type { Came, RawSocket } from "./wire/raw-socket.ts";

/** The end of the connection: its close code, 1006 where there was none. */
export interface Closed {
  readonly is: "closed";
  readonly code: number;
  readonly reason: string;
}

export type Said = Heard | Closed | { readonly is: "ping" } | { readonly is: "pong" };

const SIGNS_OF_LIFE: ReadonlySet<Said["is"]> = new Set(["life", "ping", "pong"]);

export interface ConversationOptions {
  readonly socket: RawSocket;
  readonly speech: Speech;
  readonly trail: Trail;
  /** How long the other side is waited for. */
  readonly patienceMs: number;
  /** Answers what the other side asks, as it comes. */
  readonly serve: (call: Call, conversation: Conversation) => void;
}

/** One connection: what the other side asks is served at once, the rest is for the case that reads. */
export class Conversation implements AsyncDisposable {
  readonly speech: Speech;
  readonly patienceMs: number;
  readonly #socket: RawSocket;
  readonly #trail: Trail;
  readonly #serve: ConversationOptions["serve"];
  readonly #said = new Inbox<Said>();
  /** Ids of which no answer is awaited any more. */
  readonly #stale = new Set<Id | undefined>();
  #newest: string | undefined;
  #isOver = false;

  constructor({ socket, speech, trail, patienceMs, serve }: ConversationOptions) {
    this.speech = speech;
    this.patienceMs = patienceMs;
    this.#socket = socket;
    this.#trail = trail;
    this.#serve = serve;
    void this.#listen();
  }

  /** Whether the other side has ended it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  say(message: string | Buffer): void {
    this.#trail.sent(typeof message === "string" ? message : `a binary message of ${message.length} bytes`);
    if (typeof message === "string") this.#socket.text(message);
    else this.#socket.binary(message);
  }

  /** Says something that no case is about. */
  sayAside(message: string): void {
    this.#socket.text(message);
  }

  ping(): void {
    this.#trail.sent("a ping");
    this.#socket.ping();
  }

  /** Answers no ping from now on. */
  mute(): void {
    this.#trail.sent("nothing any more, no pong either");
    this.#socket.mute();
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** Breaks the connection off. */
  lose(): void {
    this.#socket.destroy();
  }

  /** An id that this kit has not used, on this connection or another. */
  freshId(): string {
    if (this.#newest !== undefined) this.#stale.add(this.#newest);
    this.#newest = `kit-${crypto.randomUUID().slice(0, 13)}`;
    return this.#newest;
  }

  /** What comes next, signs of life included; undefined where nothing does. */
  async said(waitMs = this.patienceMs): Promise<Said | undefined> {
    return this.#said.take(waitMs);
  }

  /** What comes next but signs of life, and answers that come too late for the case that asked. */
  async next(waitMs = this.patienceMs): Promise<Heard | Closed | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const said = await this.#said.take(Math.max(0, deadline - performance.now()));
      if (said === undefined || (isMessage(said) && !this.#isLate(said))) return said;
    }
  }

  /** Asks, and gives the answer or the fault to it. Throws {@link Deviation} where something else comes. */
  async ask(method: string, params: Fields = {}): Promise<Answer | Fault> {
    const id = this.freshId();
    this.say(this.speech.request({ id, method, params }));
    return this.answerTo(id);
  }

  /** The answer or the fault that carries that id. */
  async answerTo(id: string | number): Promise<Answer | Fault> {
    const heard = await this.next();
    const isIt = heard?.is === "answer" || heard?.is === "fault";
    expect(isIt && this.isIdOf(heard, id), `an answer with the id ${JSON.stringify(id)}`, describe(heard));
    return heard;
  }

  /** Whether that is the answer's to what was asked under that id: in envelopes one without an ID is [LIGHT-SOAP-2]. */
  isIdOf({ id: came }: Answer | Fault, id: string | number): boolean {
    return came === id || (this.speech.subprotocol === "cwmp.soap" && (came === undefined || came === ""));
  }

  /** The result of a request. */
  async result(method: string, params: Fields = {}): Promise<Answer> {
    const heard = await this.ask(method, params);
    expect(heard.is === "answer", `the result of ${method}`, describe(heard));
    return heard;
  }

  /** Waits for the connection's end; what comes before it is passed over. */
  async closing(...codes: readonly number[]): Promise<Closed> {
    const end = await this.end();
    expect(
      end !== undefined && codes.includes(end.code),
      `a close with ${codes.join(" or ")}`,
      describe(end),
    );
    return end;
  }

  /** The connection's end, whatever it is; undefined where none comes. What comes before it is passed over. */
  async end(waitMs = this.patienceMs): Promise<Closed | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const heard = await this.next(Math.max(0, deadline - performance.now()));
      if (heard === undefined || heard.is === "closed") return heard;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  #isLate(heard: Heard | Closed): boolean {
    return (heard.is === "answer" || heard.is === "fault") && this.#stale.has(heard.id);
  }

  async #listen(): Promise<void> {
    for (;;) {
      const came = await this.#socket.came.next();
      if (came.is === "gone" || came.is === "close") this.#isOver = true;
      for (const said of this.#hear(came)) this.#take(said);
      if (came.is === "gone") return;
    }
  }

  #take(said: Said): void {
    if (said.is === "call") this.#serve(said, this);
    else this.#said.add(said);
  }

  #hear(came: Came): readonly Said[] {
    if (came.is === "text") return this.speech.hear(came.text);
    if (came.is === "binary") return this.speech.hear(came.bytes);
    if (came.is === "ping" || came.is === "pong") return [came];
    if (came.is === "gone") return [{ is: "closed", code: 1006, reason: "" }];
    return [{ is: "closed", code: came.code ?? 1005, reason: came.reason }];
  }
}

function isMessage(said: Said): said is Exclude<Heard, { is: "life" }> | Closed {
  return !SIGNS_OF_LIFE.has(said.is);
}

/** What came, in words for a table. */
export function describe(said: Said | undefined): string {
  if (said === undefined) return "nothing";
  if (said.is === "closed")
    return `a close with ${said.code}${said.reason === "" ? "" : ` (${said.reason})`}`;
  if (said.is === "ping" || said.is === "pong") return `a ${said.is}`;
  return shortened(said.text === "" ? "an empty text message" : said.text);
}

import { Deviation, expect } from "./case.ts";
import type { Fields } from "./json.ts";
import type { Answer, Call, Fault, Heard, Speech } from "./speech/speech.ts";
import { shortened, type Trail } from "./trail.ts";
import { Inbox } from "./wire/inbox.ts";
import type { Came, RawSocket } from "./wire/raw-socket.ts";

/** The end of the connection: its close code, 1006 where there was none. */
export interface Closed {
  readonly is: "closed";
  readonly code: number;
  readonly reason: string;
}

export type Said = Heard | Closed | { readonly is: "ping" };

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
  #count = 0;

  constructor({ socket, speech, trail, patienceMs, serve }: ConversationOptions) {
    this.speech = speech;
    this.patienceMs = patienceMs;
    this.#socket = socket;
    this.#trail = trail;
    this.#serve = serve;
    void this.#listen();
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

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** Breaks the connection off. */
  lose(): void {
    this.#socket.destroy();
  }

  /** An id that this kit has not used, on this connection or another. */
  freshId(): string {
    this.#count += 1;
    return `kit-${crypto.randomUUID().slice(0, 8)}-${this.#count}`;
  }

  /** What comes next, signs of life included; undefined where nothing does. */
  async said(waitMs = this.patienceMs): Promise<Said | undefined> {
    return this.#said.take(waitMs);
  }

  /** What comes next but signs of life. */
  async next(waitMs = this.patienceMs): Promise<Heard | Closed | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const said = await this.#said.take(Math.max(0, deadline - performance.now()));
      if (said === undefined || (said.is !== "life" && said.is !== "ping")) return said;
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
    expect(isIt && heard.id === id, `an answer with the id ${JSON.stringify(id)}`, describe(heard));
    return heard;
  }

  /** The result of a request. */
  async result(method: string, params: Fields = {}): Promise<Answer> {
    const heard = await this.ask(method, params);
    expect(heard.is === "answer", `the result of ${method}`, describe(heard));
    return heard;
  }

  /** Waits for the connection's end; what comes before it is passed over. */
  async closing(...codes: readonly number[]): Promise<Closed> {
    for (;;) {
      const heard = await this.next();
      if (heard === undefined) throw new Deviation(`a close with ${codes.join(" or ")}`, "nothing");
      if (heard.is !== "closed") continue;
      expect(codes.includes(heard.code), `a close with ${codes.join(" or ")}`, describe(heard));
      return heard;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const came = await this.#socket.came.next();
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
    if (came.is === "ping") return [came];
    if (came.is === "gone") return [{ is: "closed", code: 1006, reason: "" }];
    return [{ is: "closed", code: came.code ?? 1005, reason: came.reason }];
  }
}

/** What came, in words for a table. */
export function describe(said: Said | undefined): string {
  if (said === undefined) return "nothing";
  if (said.is === "closed")
    return `a close with ${said.code}${said.reason === "" ? "" : ` (${said.reason})`}`;
  return said.is === "ping" ? "a ping" : shortened(said.text === "" ? "an empty text message" : said.text);
}

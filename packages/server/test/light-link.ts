import {
  bindingOf,
  type Attaching,
  type Call,
  type CallAnswer,
  type FreshToken,
  type Heard,
  type LightSpeech,
  type Subprotocol,
} from "@heliograph/agent";
import { NoReplyError } from "@heliograph/testkit";
import {
  decodeAcsAnswer,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceRequest,
  type Fault,
  type JsonObject,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import { within } from "./deadline.ts";

export interface Serving {
  readonly replayWindow: number;
  /** By the id of their calls, oldest first. */
  readonly answers: Map<string, CallAnswer>;
  run(request: DeviceRequest): DeviceAnswer;
  /** An answer was handed to the socket. */
  served(): void;
}

/** Where a device attaches, and what it speaks there. */
export interface LightDoor {
  readonly url: string;
  readonly token: string;
  readonly subprotocol: Subprotocol;
}

/** The ACS refused a request; another try may go better. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "E_REFUSED";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`fault ${fault.code}: ${fault.message}`);
    this.fault = fault;
  }
}

type HeardAnswer = Extract<Heard, { readonly type: "answer" }>;
type LinkMessage = LightSpeech["heartBeat"];
type Opened = PromiseWithResolvers<LightLink | "unauthorized">;

/** One light connection of a device of the dialogs: it asks, serves, and keeps its last answers. */
export class LightLink {
  /** Resolves when the connection has ended, however. */
  readonly closed: Promise<undefined>;
  readonly #socket: WebSocket;
  readonly #speech: LightSpeech;
  readonly #opened: Opened = Promise.withResolvers();
  readonly #waiting = new Map<string, PromiseWithResolvers<HeardAnswer>>();
  readonly #early: Call[] = [];
  #asked = 0;
  #isReady = false;
  #isOurs = false;
  #serving: Serving | undefined;

  private constructor(socket: WebSocket, speech: LightSpeech) {
    this.#socket = socket;
    this.#speech = speech;
    const ended = Promise.withResolvers<undefined>();
    this.closed = ended.promise;
    socket.on("open", () => this.#greet());
    socket.on("close", () => {
      this.#end();
      ended.resolve(undefined);
    });
    socket.on("error", (error) => this.#opened.reject(new NoReplyError(error.message)));
    socket.on("message", (data: Buffer, isBinary) => {
      for (const heard of speech.read(isBinary ? data : data.toString())) this.#hear(heard);
    });
  }

  /** Resolves once the ACS lets the device in. Rejects with {@link NoReplyError} where the link breaks. */
  static async open({ url, token, subprotocol }: LightDoor): Promise<LightLink | "unauthorized"> {
    const speech = bindingOf(subprotocol)?.open(url);
    if (speech === undefined) throw new Error(`nobody speaks ${subprotocol}`);
    const socket = new WebSocket(url, subprotocol, { headers: { Authorization: `Bearer ${token}` } });
    const link = new LightLink(socket, speech);
    const opened = link.#opened;
    socket.once("unexpected-response", (request, { statusCode }) => {
      request.destroy();
      if (statusCode === 401) opened.resolve("unauthorized");
      else opened.reject(new NoReplyError(`the ACS answers the upgrade with ${statusCode ?? 0}`));
    });
    return within(opened.promise, "the ACS to let the device in");
  }

  /** Whether the device ended it, or began to. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Serves calls from now on, those that came before included. */
  serve(serving: Serving): void {
    this.#serving = serving;
    for (const call of this.#early.splice(0)) this.#run(call, serving);
  }

  /** Resolves with what lets the device in next time, where the ACS gave it anything new. */
  async attach(attaching: Attaching): Promise<FreshToken | undefined> {
    const { answer, fresh } = await this.#request((id) => this.#speech.writeAttach(id, attaching));
    const attached = this.#speech.readAttached(answer.result);
    if (!attached.ok) throw new Error(`the answer to Attach: ${attached.problem.detail}`);
    return attached.value.fresh ?? fresh;
  }

  /** Rejects with {@link NoReplyError} where no answer came, and with {@link RefusedError} where it was a fault. */
  async ask(request: AcsRequest): Promise<JsonObject> {
    const { answer } = await this.#request((id) => this.#speech.writeRequest(id, request));
    const decoded = decodeAcsAnswer(request.method, answer.result);
    if (!decoded.ok) throw new Error(`the answer to ${request.method}: ${decoded.problem.detail}`);
    return decoded.value.result;
  }

  async close(): Promise<void> {
    const parting = this.#isOurs ? undefined : this.#speech.writeParting("parting");
    this.#isOurs = true;
    if (parting !== undefined && this.isOpen) this.#send(parting);
    else this.#socket.close(1000);
    await this.closed;
  }

  cut(): void {
    this.#socket.terminate();
  }

  #greet(): void {
    if (this.#speech.opening === undefined) this.#ready();
    else this.#send(this.#speech.opening);
  }

  #ready(): void {
    this.#isReady = true;
    this.#opened.resolve(this);
  }

  async #request(write: (id: string) => LinkMessage): Promise<HeardAnswer> {
    this.#asked += 1;
    const id = `d${this.#asked}`;
    const waiting = Promise.withResolvers<HeardAnswer>();
    this.#waiting.set(id, waiting);
    this.#send(write(id), (error) => {
      if (error instanceof Error) waiting.reject(new NoReplyError(error.message));
    });
    if (!this.isOpen) waiting.reject(new NoReplyError("the connection has ended"));
    return waiting.promise;
  }

  #send(message: LinkMessage, sent: (error?: Error) => void = () => undefined): void {
    this.#socket.send(message, sent);
  }

  #hear(heard: Heard): void {
    switch (heard.type) {
      case "nothing":
      case "stored":
      case "publication":
      case "observation":
      case "ended":
        return;
      case "ready":
        this.#ready();
        return;
      case "parted":
        this.#socket.close(1000);
        return;
      case "answer":
        this.#settle(heard);
        return;
      case "call":
        if (this.#serving === undefined) this.#early.push(heard.call);
        else this.#run(heard.call, this.#serving);
        return;
      case "retort":
        if (this.#isReady) throw new Error(`the ACS asks for what nobody can do: ${String(heard.message)}`);
        this.#send(heard.message);
        return;
      case "unreadable":
        throw new Error(`the ACS sends what cannot be read: ${heard.detail}`);
    }
  }

  #settle(heard: HeardAnswer): void {
    const waiting = this.#waiting.get(heard.id);
    const { fault, problem } = heard.answer;
    if (fault !== undefined) waiting?.reject(new RefusedError(fault));
    else if (problem !== undefined) waiting?.reject(new Error(`no answer: ${problem.detail}`));
    else waiting?.resolve(heard);
  }

  #run({ id: given, request, positional }: Call, serving: Serving): void {
    const { replayWindow, answers } = serving;
    const id = String(given);
    const names =
      positional === true && request.method === "GetParameterValues"
        ? { names: request.params.ParameterNames }
        : {};
    const answer = answers.get(id) ?? { id, reply: { kind: "answer", ...serving.run(request) }, ...names };
    answers.delete(id);
    answers.set(id, answer);
    for (const oldest of answers.keys()) if (answers.size > replayWindow) answers.delete(oldest);
    this.#send(this.#speech.writeAnswer(answer), () => serving.served());
  }

  #end(): void {
    const ended = new NoReplyError("the connection ended");
    this.#opened.reject(ended);
    for (const { reject } of this.#waiting.values()) reject(ended);
    this.#waiting.clear();
  }
}

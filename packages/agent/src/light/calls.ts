import {
  encodeTokenAnswer,
  encodeTokenFault,
  isPartialPath,
  positionalAnswer,
  problems,
  refusalOf,
} from "@heliograph/protocol";
import type { Fault, Token, TokenId } from "@heliograph/protocol";
import type { DeviceReply, Dispatch } from "../dispatch.ts";
import { faulted } from "../outcome.ts";
import { answered, asked, left, noAnswers } from "./answers.ts";
import type { Answers, WrittenAnswer } from "./answers.ts";

/** What the ACS sends that is no answer to the device. */
export type TokenCall = Exclude<Token<"device">, { readonly kind: "answer" | "fault" }>;

export interface CallsOptions {
  readonly dispatch: Dispatch;
  readonly maxInFlight: number;
  readonly replayWindow: number;
  /** Called when a call begins to run, and once more when its answer has left or cannot leave now. */
  readonly hold: () => void;
  readonly release: () => void;
}

/** Where answers go. */
export interface AnswerLine {
  send(text: string, handed: (isHanded: boolean) => void): void;
}

type Request = Extract<TokenCall, { readonly kind: "request" }>;

/** What every ACS takes [LIGHT 3]. */
const USUAL_MESSAGE_BYTES = 1024 * 1024;
/** No character takes more in UTF-8, where a string counts its UTF-16 units. */
const MOST_BYTES_OF_UNIT = 3;
const NO_METHOD = problems["unknown-method"].jsonRpcError;

/** Serves what the ACS calls, over one connection after the other. */
export class Calls {
  readonly #options: CallsOptions;
  #answers: Answers = noAnswers;
  #line: AnswerLine | undefined;
  #isAttached = false;
  #maxMessageBytes = USUAL_MESSAGE_BYTES;
  /** Calls that came over this connection: their answers need not wait for Attach. */
  readonly #askedHere = new Set<TokenId>();
  /** Answers on their way to the connection; each holds the device. */
  readonly #leaving = new Set<TokenId>();
  /** Calls that run without an id. */
  #unconfirmed = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** A connection is open. Answers that are owed from before wait for `attached`. */
  opened(line: AnswerLine): void {
    this.#line = line;
  }

  attached(maxMessageBytes: number): void {
    this.#isAttached = true;
    this.#maxMessageBytes = maxMessageBytes;
    this.#flush();
  }

  /** The connection has ended; what did not leave is owed. */
  lost(): void {
    this.#line = undefined;
    this.#isAttached = false;
    this.#maxMessageBytes = USUAL_MESSAGE_BYTES;
    this.#askedHere.clear();
    const leaving = this.#leaving.size;
    this.#leaving.clear();
    for (let count = 0; count < leaving; count++) this.#options.release();
  }

  /** As after a reboot: nothing is owed or known. What still runs ends without an answer. */
  forget(): void {
    this.#answers = noAnswers;
  }

  serve(call: TokenCall): void {
    const { id } = call;
    if (call.kind !== "request") {
      if (id !== undefined) this.#send(encodeTokenFault(id, faultOf(call)));
    } else if (id === undefined) {
      void this.#runUnconfirmed(call);
    } else {
      this.#serveOnce(call, id);
    }
  }

  #serveOnce(request: Request, id: TokenId): void {
    const { answers, then } = asked(this.#answers, id, this.#options.maxInFlight);
    this.#answers = answers;
    if (then === "refuse") {
      this.#send(encodeTokenFault(id, faulted(9004, "too many calls at once").fault));
      return;
    }
    this.#askedHere.add(id);
    if (then === "repeat") this.#flush();
    if (then === "run") void this.#answer(request, id);
  }

  async #answer(request: Request, id: TokenId): Promise<void> {
    const { hold, release, replayWindow } = this.#options;
    hold();
    const text = this.#write(id, request, await this.#reply(request));
    this.#answers = answered(this.#answers, { id, text }, replayWindow);
    this.#flush();
    release();
  }

  /** Where too many run already, it is lost, as whoever asks for no answer must expect. */
  async #runUnconfirmed(request: Request): Promise<void> {
    const { hold, release, maxInFlight } = this.#options;
    if (this.#unconfirmed >= maxInFlight) return;
    this.#unconfirmed += 1;
    hold();
    await this.#reply(request);
    this.#unconfirmed -= 1;
    release();
  }

  async #reply(request: Request): Promise<DeviceReply> {
    if (request.positional === true && namesOf(request).some(isPartialPath)) {
      return { kind: "fault", fault: faulted(9003, "the Shape values needs full paths").fault };
    }
    return this.#options.dispatch(request);
  }

  #write(id: TokenId, request: Request, reply: DeviceReply): string {
    const text = writeReply(id, request, reply);
    return this.#isTooLong(text)
      ? encodeTokenFault(id, faulted(9004, "the answer is longer than the ACS takes").fault)
      : text;
  }

  #isTooLong(text: string): boolean {
    if (text.length * MOST_BYTES_OF_UNIT <= this.#maxMessageBytes) return false;
    return new TextEncoder().encode(text).length > this.#maxMessageBytes;
  }

  /** Hands over what is owed and may leave now. */
  #flush(): void {
    for (const answer of this.#answers.owed) {
      if (this.#isAttached || this.#askedHere.has(answer.id)) this.#hand(answer);
    }
  }

  #hand({ id, text }: WrittenAnswer): void {
    const line = this.#line;
    if (line === undefined || this.#leaving.has(id)) return;
    this.#leaving.add(id);
    this.#options.hold();
    line.send(text, (isHanded) => {
      if (line !== this.#line || !this.#leaving.delete(id)) return;
      if (isHanded) {
        this.#answers = left(this.#answers, id);
        this.#askedHere.delete(id);
      }
      this.#options.release();
    });
  }

  #send(text: string): void {
    this.#line?.send(text, () => undefined);
  }
}

function writeReply(id: TokenId, request: Request, reply: DeviceReply): string {
  if (reply.kind === "fault") return encodeTokenFault(id, reply.fault);
  if (request.positional === true && reply.method === "GetParameterValues") {
    return encodeTokenAnswer(id, positionalAnswer(namesOf(request), reply.result.ParameterList));
  }
  return encodeTokenAnswer(id, reply.result);
}

function namesOf(request: Request): readonly string[] {
  return request.method === "GetParameterValues" ? request.params.ParameterNames : [];
}

function faultOf(call: Exclude<TokenCall, Request>): Fault {
  if (call.kind === "malformed") return refusalOf(call.problem, "device");
  return { code: NO_METHOD, message: `there is no method ${call.method}` };
}

import { isPartialPath } from "@heliograph/protocol";
import type { TokenId } from "@heliograph/protocol";
import type { DeviceReply, Dispatch } from "../dispatch.ts";
import { faulted } from "../outcome.ts";
import type { DeviceFaultCode } from "../outcome.ts";
import { answered, asked, left, noAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import { USUAL_ATTACHMENT } from "./binding.ts";
import type { Call, CallAnswer } from "./binding.ts";
import type { LinkMessage } from "./link.ts";

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
  /** A call waits for the answer to the one before. */
  readonly isOneAtATime: boolean;
  write(answer: CallAnswer): LinkMessage;
  send(message: LinkMessage, handed: (isHanded: boolean) => void): void;
}

/** No character takes more in UTF-8, where a string counts its UTF-16 units. */
const MOST_BYTES_OF_UNIT = 3;
const TOO_MANY = refusal(9004, "too many calls at once");
const TOO_LONG = refusal(9004, "the answer is longer than the ACS takes");

/** Serves what the ACS calls, over one connection after the other. */
export class Calls {
  readonly #options: CallsOptions;
  #answers: Answers = noAnswers;
  #line: AnswerLine | undefined;
  #isAttached = false;
  #maxMessageBytes = USUAL_ATTACHMENT.maxMessageBytes;
  /** Calls that came over this connection: their answers need not wait for Attach. */
  readonly #askedHere = new Set<TokenId>();
  /** Answers on their way to the connection, by the id or else by the call; each holds the device. */
  readonly #leaving = new Set<TokenId | Call>();
  /** Calls that run without an id, and those of them that came over this connection. */
  #unnamed = 0;
  readonly #unnamedHere = new Set<Call>();

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
    this.#maxMessageBytes = USUAL_ATTACHMENT.maxMessageBytes;
    this.#askedHere.clear();
    this.#unnamedHere.clear();
    const leaving = this.#leaving.size;
    this.#leaving.clear();
    for (let count = 0; count < leaving; count++) this.#options.release();
  }

  /** As after a reboot: nothing is owed or known. What still runs ends without an answer. */
  forget(): void {
    this.#answers = noAnswers;
  }

  serve(call: Call): void {
    const { id } = call;
    if (id === undefined) void this.#runUnnamed(call);
    else this.#serveOnce(call, id);
  }

  #serveOnce(call: Call, id: TokenId): void {
    const { answers, then } = asked(this.#answers, id, this.#options.maxInFlight);
    if (then === "refuse" || (then === "run" && this.#isOutOfTurn())) {
      if (this.#line !== undefined) this.#sendNow(this.#line.write({ id, reply: TOO_MANY }));
      return;
    }
    this.#answers = answers;
    this.#askedHere.add(id);
    if (then === "repeat") this.#flush();
    if (then === "run") void this.#answer(call, id);
  }

  /** Whether a call came over this connection that still runs, and that this one should have waited for. */
  #isOutOfTurn(): boolean {
    if (this.#line?.isOneAtATime !== true) return false;
    return this.#unnamedHere.size > 0 || this.#answers.running.some((id) => this.#askedHere.has(id));
  }

  async #answer(call: Call, id: TokenId): Promise<void> {
    const { hold, release, replayWindow } = this.#options;
    hold();
    const reply = await this.#reply(call);
    const names = call.positional === true ? { names: namesOf(call) } : {};
    this.#answers = answered(this.#answers, { id, reply, ...names }, replayWindow);
    this.#flush();
    release();
  }

  /** Where too many run already, one that wants no answer is lost, as whoever asks so must expect. */
  async #runUnnamed(call: Call): Promise<void> {
    const { hold, release, maxInFlight } = this.#options;
    if (this.#unnamed >= maxInFlight || this.#isOutOfTurn()) {
      if (call.writeAnswer !== undefined) this.#sendNow(call.writeAnswer(TOO_MANY));
      return;
    }
    this.#unnamed += 1;
    this.#unnamedHere.add(call);
    hold();
    const reply = await this.#reply(call);
    this.#unnamed -= 1;
    const isHere = this.#unnamedHere.delete(call);
    if (isHere && call.writeAnswer !== undefined)
      this.#leave(call, this.#fitting(call.writeAnswer, reply), () => undefined);
    release();
  }

  async #reply({ request, positional }: Call): Promise<DeviceReply> {
    if (positional === true && namesOf({ request }).some(isPartialPath))
      return refusal(9003, "the Shape values needs full paths");
    return this.#options.dispatch(request);
  }

  /** Hands over what is owed and may leave now. */
  #flush(): void {
    for (const answer of this.#answers.owed) {
      if (this.#isAttached || this.#askedHere.has(answer.id)) this.#hand(answer);
    }
  }

  #hand(answer: CallAnswer): void {
    const { id } = answer;
    const line = this.#line;
    if (line === undefined || this.#leaving.has(id)) return;
    const message = this.#fitting((reply) => line.write({ ...answer, reply }), answer.reply);
    this.#leave(id, message, (isHanded) => {
      if (!isHanded) return;
      this.#answers = left(this.#answers, id);
      this.#askedHere.delete(id);
    });
  }

  /** `handed` is called unless the connection is lost before. */
  #leave(key: TokenId | Call, message: LinkMessage, handed: (isHanded: boolean) => void): void {
    const line = this.#line;
    this.#leaving.add(key);
    this.#options.hold();
    line?.send(message, (isHanded) => {
      if (line !== this.#line || !this.#leaving.delete(key)) return;
      handed(isHanded);
      this.#options.release();
    });
  }

  /** The reply as it is written, or a fault in its place that the ACS can take. */
  #fitting(write: (reply: DeviceReply) => LinkMessage, reply: DeviceReply): LinkMessage {
    const message = write(reply);
    return this.#isTooLong(message) ? write(TOO_LONG) : message;
  }

  #isTooLong(message: LinkMessage): boolean {
    if (typeof message !== "string") return message.length > this.#maxMessageBytes;
    if (message.length * MOST_BYTES_OF_UNIT <= this.#maxMessageBytes) return false;
    return new TextEncoder().encode(message).length > this.#maxMessageBytes;
  }

  #sendNow(message: LinkMessage): void {
    this.#line?.send(message, () => undefined);
  }
}

function namesOf({ request }: Pick<Call, "request">): readonly string[] {
  return request.method === "GetParameterValues" ? request.params.ParameterNames : [];
}

function refusal(code: DeviceFaultCode, reason: string): DeviceReply {
  return { kind: "fault", fault: faulted(code, reason).fault };
}

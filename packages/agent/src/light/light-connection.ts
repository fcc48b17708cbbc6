import { closeCodes, decodeAcsAnswer } from "@heliograph/protocol";
import type { AcsRequest, HeartBeatPlan, LightParams, Problem, Publish } from "@heliograph/protocol";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import { USUAL_ATTACHMENT } from "./binding.ts";
import type { Answer, Attaching, Attachment, FreshToken, Heard, LightSpeech } from "./binding.ts";
import { bindingOf } from "./bindings.ts";
import type { Calls } from "./calls.ts";
import type { Observations } from "./observations.ts";
import { isToken } from "./reference.ts";
import type { Link, LinkListener, LinkMessage, LinkRefusal, LinkTarget, LightTransport } from "./link.ts";

export interface LightConnectionOptions {
  readonly transport: LightTransport;
  readonly target: LinkTarget;
  readonly clock: DeviceClock;
  readonly calls: Calls;
  /** An id that no request of the device had before, over whichever connection [LIGHT 3]. */
  readonly freshId: () => string;
  readonly onPublication?: (published: Publish) => void;
  /** Tells what is observed. */
  readonly observations: Observations;
  readonly onOpened: () => void;
  readonly onRefused: (refusal: LinkRefusal) => void;
  /** It ended, and not by `end`. */
  readonly onClosed: (code: number, reason: string) => void;
}

/** The ACS refused a request, or its answer is none. */
export class RequestRefusedError extends Error {
  override readonly name = "RequestRefusedError";
  readonly code = "E_REQUEST_REFUSED";
}

/** The connection ended before the answer came. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
  readonly code = "E_CONNECTION_LOST";
}

/** Writes a request under an id. */
type Write = (speech: LightSpeech, id: string) => LinkMessage;

interface Question {
  readonly method: string;
  readonly write: Write;
}

/** That of a request which the ACS has stored, where the connection ended before its answer came. */
const STORED = "stored";

interface Asking {
  readonly resolve: (answer: Answer | typeof STORED) => void;
  readonly reject: (error: ConnectionLostError) => void;
  readonly timer: DeviceTimer;
  isStored: boolean;
}

/** How long the ACS may take for one answer, as over HTTP [CWMP 1.4 3.7.1.4]. */
const PATIENCE_MS = 30_000;
/** How long it may take for the last word. */
const PARTING_MS = 5_000;
/** How often an ACS may ask for the same request once more before it is taken for broken [CWMP 1.4 A.5, 8005]. */
const MAX_REPEATS = 3;
const RETRY_REQUEST = 8005;
const DONE = closeCodes.done.code;
const BROKEN_OFF = 1006;

/** One connection, in whatever subprotocol: asks the ACS, and hands its calls on [LIGHT 3]. */
export class LightConnection implements LinkListener {
  readonly #options: LightConnectionOptions;
  readonly #link: Link;
  readonly #asking = new Map<string, Asking>();
  /** Undefined until the link is open. */
  #speech: LightSpeech | undefined;
  /** Set while the device waits to be let in. */
  #admission: DeviceTimer | undefined;
  #isReady = false;
  #isOver = false;
  /** Set while the last word is not answered. */
  #parting: DeviceTimer | undefined;
  #heardAt = 0;
  #silence: DeviceTimer | undefined;
  #saidAt = 0;
  #heartBeats: DeviceTimer | undefined;
  /** What an answer brought along, and when. */
  #fresh: (FreshToken & { readonly at: number }) | undefined;
  /** Whether empty messages stand in place of pings, so that they are answered. */
  #isKeptAlive = false;
  /** Settled when the request before has ended, where each waits for that. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LightConnectionOptions) {
    this.#options = options;
    this.#link = options.transport.open(options.target, this);
  }

  /** Rejects with {@link RequestRefusedError} or {@link ConnectionLostError}. */
  async ask(request: AcsRequest): Promise<void> {
    const { method } = request;
    const result = await this.#request({ method, write: (speech, id) => speech.writeRequest(id, request) });
    if (result === STORED) return;
    const answer = decodeAcsAnswer(method, result);
    if (!answer.ok) throw new RequestRefusedError(notUnderstood(method, answer.problem));
  }

  /** Asks to begin, or to renew the token; what is owed follows. Rejects as `ask` does. */
  async attach(attaching: Attaching): Promise<Attachment> {
    this.#isKeptAlive = attaching.wishes.KeepAlive === true;
    // Where an Inform attaches, one may have done so by now.
    if (this.#fresh !== undefined) return { ...USUAL_ATTACHMENT, fresh: this.#takeFresh() };
    const write: Write = (speech, id) => speech.writeAttach(id, attaching);
    const result = await this.#request({ method: "Attach", write });
    const answer = this.#speech?.readAttached(result);
    if (answer === undefined) throw new ConnectionLostError("there is no connection");
    if (!answer.ok) throw new RequestRefusedError(notUnderstood("Attach", answer.problem));
    const attachment = { ...answer.value, fresh: answer.value.fresh ?? this.#takeFresh() };
    if (attachment.fresh === undefined || isToken(attachment.fresh.token)) return attachment;
    throw new RequestRefusedError("the ACS answers Attach without a token");
  }

  /** Says what became of a publication. Rejects as `ask` does. */
  async tellResult(result: LightParams<"PublishResult">): Promise<void> {
    const write = this.#speech?.writeResult;
    if (write === undefined) throw new ConnectionLostError("there is no connection that has channels");
    await this.#request({ method: "PublishResult", write: (_, id) => write(id, result) });
  }

  /** Takes in how the ACS attached the device: what is owed leaves, and silence is heeded. */
  attached({ maxMessageBytes, pingInterval }: Attachment): void {
    if (this.#isOver) return;
    if (pingInterval !== undefined) this.#heedSilence(2 * pingInterval * 1000);
    this.#options.calls.attached(maxMessageBytes);
  }

  /** Ends it in good order; nobody is told. */
  end(): void {
    if (this.#isOver) return;
    const parting = this.#isReady ? this.#speech?.writeParting(this.#options.freshId()) : undefined;
    this.#over("the device ended the connection");
    if (this.#speech === undefined) {
      this.#link.drop();
    } else if (parting === undefined) {
      this.#link.close(DONE);
    } else {
      this.#say(parting);
      this.#parting = this.#options.clock.after(PARTING_MS, () => this.#part());
    }
  }

  opened(subprotocol: string): void {
    if (this.#isOver) return;
    const { target, clock } = this.#options;
    const speech = bindingOf(subprotocol)?.open(target.url);
    if (speech === undefined) {
      this.#link.close(DONE);
      this.refused({ isFinal: true, reason: "the ACS takes none of the subprotocols" });
      return;
    }
    this.#speech = speech;
    if (speech.opening === undefined) {
      this.#ready(speech);
      return;
    }
    this.#admission = clock.after(PATIENCE_MS, () => this.#breakOff("the ACS does not let the device in"));
    this.#say(speech.opening);
  }

  refused(refusal: LinkRefusal): void {
    if (this.#isOver) return;
    this.#over(refusal.reason);
    this.#options.onRefused(refusal);
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  received(message: LinkMessage): void {
    const speech = this.#speech;
    if (speech === undefined || (this.#isOver && this.#parting === undefined)) return;
    this.heard();
    // The ACS shows that it is there where pings cannot be seen, and would know as much [LIGHT 3].
    if (message === "" && this.#isKeptAlive && !this.#isOver) this.#say(speech.heartBeat);
    for (const heard of speech.read(message)) {
      if (!this.#isOver) this.#take(heard, speech);
      else if (heard.type === "parted") this.#part();
    }
  }

  closed(code: number, reason: string): void {
    this.#parting?.cancel();
    if (this.#isOver) return;
    this.#over(reason);
    this.#options.onClosed(code, reason);
  }

  #take(heard: Heard, speech: LightSpeech): void {
    switch (heard.type) {
      case "nothing":
      case "parted":
        break;
      case "ready":
        this.#ready(speech);
        this.#keepHeartBeats(heard.heartBeats, speech);
        break;
      case "call":
        this.#options.calls.serve(heard.call);
        break;
      case "publication":
        this.#options.onPublication?.(heard.publication);
        break;
      case "observation":
        this.#observe(heard, speech);
        break;
      case "answer":
        if (heard.fresh !== undefined) this.#fresh = { ...heard.fresh, at: this.#options.clock.now() };
        this.#settle(heard.id, heard.answer);
        break;
      case "stored":
        this.#noteStored(heard.id);
        break;
      case "retort":
        this.#say(heard.message);
        break;
      case "ended":
        this.#link.close(DONE);
        this.closed(heard.code, heard.reason);
        break;
      case "unreadable":
        this.#link.close(heard.code);
        this.closed(BROKEN_OFF, `the ACS sends what cannot be read: ${heard.detail}`);
        break;
    }
  }

  #observe({ id, request }: Extract<Heard, { readonly type: "observation" }>, speech: LightSpeech): void {
    const outcome = this.#options.observations.serve(request, (observed) => {
      const values = speech.writeValues?.(observed);
      if (values !== undefined && !this.#isOver) this.#say(values);
    });
    const answer = id === undefined ? undefined : speech.writeObserved?.(id, outcome);
    if (answer !== undefined) this.#say(answer);
  }

  /** The device may speak. */
  #ready(speech: LightSpeech): void {
    this.#admission?.cancel();
    this.#isReady = true;
    this.#options.calls.opened({
      isOneAtATime: speech.isOneAtATime,
      write: (answer) => speech.writeAnswer(answer),
      send: (message, handed) => this.#send(message, handed),
    });
    this.#options.onOpened();
  }

  /** The last word was answered, or will not be. */
  #part(): void {
    this.#parting?.cancel();
    this.#parting = undefined;
    this.#link.close(DONE);
  }

  /** Where only one may be out, it goes when the one before has ended, whichever way. */
  async #request(question: Question): Promise<unknown> {
    if (this.#speech?.isOneAtATime !== true) return this.#insist(question);
    const result = this.#turn.then(() => this.#insist(question));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #insist({ method, write }: Question): Promise<unknown> {
    for (let repeats = 0; repeats <= MAX_REPEATS; repeats++) {
      const answer = await this.#exchange({ method, write });
      if (answer === STORED) return STORED;
      const { result, fault, problem } = answer;
      if (problem !== undefined) throw new RequestRefusedError(notUnderstood(method, problem));
      if (fault === undefined) return result;
      if (fault.code !== RETRY_REQUEST)
        throw new RequestRefusedError(`the ACS refuses ${method}: ${fault.code} ${fault.message}`);
    }
    throw new RequestRefusedError(`the ACS asks for ${method} again and again`);
  }

  async #exchange({ method, write }: Question): Promise<Answer | typeof STORED> {
    if (this.#isOver || this.#speech === undefined) throw new ConnectionLostError("there is no connection");
    const id = this.#options.freshId();
    const { promise, resolve, reject } = Promise.withResolvers<Answer | typeof STORED>();
    const timer = this.#options.clock.after(PATIENCE_MS, () =>
      this.#breakOff(`the ACS does not answer ${method}`),
    );
    this.#asking.set(id, { resolve, reject, timer, isStored: false });
    this.#say(write(this.#speech, id));
    return promise;
  }

  #say(message: LinkMessage): void {
    this.#send(message, () => undefined);
  }

  #send(message: LinkMessage, handed: (isHanded: boolean) => void): void {
    this.#saidAt = this.#options.clock.now();
    this.#link.send(message, handed);
  }

  /** An answer to what nobody waits for is nothing. */
  #settle(id: string, answer: Answer): void {
    const asking = this.#asking.get(id);
    if (asking === undefined) return;
    this.#asking.delete(id);
    asking.timer.cancel();
    asking.resolve(answer);
  }

  #noteStored(id: string): void {
    const asking = this.#asking.get(id);
    if (asking !== undefined) asking.isStored = true;
  }

  /** Once; what it has lived meanwhile is off. */
  #takeFresh(): FreshToken | undefined {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh === undefined) return undefined;
    const livedMs = this.#options.clock.now() - fresh.at;
    return { token: fresh.token, expiresIn: Math.max(0, fresh.expiresIn - Math.ceil(livedMs / 1000)) };
  }

  #breakOff(reason: string): void {
    this.#link.drop();
    this.closed(BROKEN_OFF, reason);
  }

  /** Nothing heard for so long, and the ACS is not there any more, whatever TCP says [LIGHT 2]. */
  #heedSilence(mostMs: number): void {
    this.#silence?.cancel();
    if (mostMs === 0) return;
    this.heard();
    const watch = (restMs: number): void => {
      this.#silence = this.#options.clock.after(restMs, () => {
        const leftMs = this.#heardAt + mostMs - this.#options.clock.now();
        if (leftMs > 0) watch(leftMs);
        else this.#breakOff(`the ACS is silent for ${mostMs / 1000} s`);
      });
    };
    watch(mostMs);
  }

  /** Shows that the device is there, and heeds whether the ACS is, as both have agreed. */
  #keepHeartBeats({ sendAfterMs, deadAfterMs }: HeartBeatPlan, { heartBeat }: LightSpeech): void {
    if (deadAfterMs !== undefined) this.#heedSilence(deadAfterMs);
    if (sendAfterMs === undefined) return;
    const watch = (restMs: number): void => {
      this.#heartBeats = this.#options.clock.after(restMs, () => {
        const leftMs = this.#saidAt + sendAfterMs - this.#options.clock.now();
        if (leftMs <= 0) this.#say(heartBeat);
        watch(leftMs > 0 ? leftMs : sendAfterMs);
      });
    };
    watch(sendAfterMs);
  }

  #over(reason: string): void {
    this.#isOver = true;
    this.#silence?.cancel();
    this.#heartBeats?.cancel();
    this.#admission?.cancel();
    for (const { resolve, reject, timer, isStored } of this.#asking.values()) {
      timer.cancel();
      // What is stored need not be told again.
      if (isStored) resolve(STORED);
      else reject(new ConnectionLostError(reason));
    }
    this.#asking.clear();
    this.#options.observations.lost();
    this.#options.calls.lost();
  }
}

function notUnderstood(method: string, { detail, at }: Problem): string {
  return `the ACS answers ${method} with what is no answer: ${detail} at ${at}`;
}

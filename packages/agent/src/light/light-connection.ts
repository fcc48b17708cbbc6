import {
  checkParams,
  decodeAcsAnswer,
  decodeToken,
  defaultLimits,
  encodeTokenFault,
  encodeTokenRequest,
  lightRpcs,
  problems,
  refusalOf,
} from "@heliograph/protocol";
import type { AcsRequest, Fault, LightParams, LightResult, Problem, TokenId } from "@heliograph/protocol";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import type { Calls } from "./calls.ts";
import { isToken } from "./reference.ts";
import type { Link, LinkListener, LinkRefusal, LinkTarget, LightTransport } from "./link.ts";

export interface LightConnectionOptions {
  readonly transport: LightTransport;
  readonly target: LinkTarget;
  readonly clock: DeviceClock;
  readonly calls: Calls;
  /** An id that no request of the device had before, over whichever connection [LIGHT 3]. */
  readonly freshId: () => string;
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

type Answer = { readonly result: unknown; readonly fault?: undefined } | { readonly fault: Fault };

interface Asking {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ConnectionLostError) => void;
  readonly timer: DeviceTimer;
}

/** How long the ACS may take for one answer, as over HTTP [CWMP 1.4 3.7.1.4]. */
const PATIENCE_MS = 30_000;
/** How often an ACS may ask for the same request once more before it is taken for broken [CWMP 1.4 A.5, 8005]. */
const MAX_REPEATS = 3;
const RETRY_REQUEST = 8005;
const BROKEN_OFF = 1006;
const TEXT = { role: "device", limits: defaultLimits } as const;

/** One connection that speaks tokens: asks the ACS, and hands its calls on [LIGHT 3]. */
export class LightConnection implements LinkListener {
  readonly #options: LightConnectionOptions;
  readonly #link: Link;
  readonly #asking = new Map<string, Asking>();
  #isOpen = false;
  #isOver = false;
  #heardAt = 0;
  #silence: DeviceTimer | undefined;

  constructor(options: LightConnectionOptions) {
    this.#options = options;
    this.#link = options.transport.open(options.target, this);
  }

  /** Rejects with {@link RequestRefusedError} or {@link ConnectionLostError}. */
  async ask({ method, params }: AcsRequest): Promise<void> {
    const answer = decodeAcsAnswer(method, await this.#request(method, params));
    if (!answer.ok) throw new RequestRefusedError(notUnderstood(method, answer.problem));
  }

  /** Asks to begin, or to renew the token; what is owed follows. Rejects as `ask` does. */
  async attach(params: LightParams<"Attach">): Promise<LightResult<"Attach">> {
    const result = await this.#request("Attach", params);
    const answer = checkParams(lightRpcs.Attach.answer, result, { strictness: "kinds" });
    if (!answer.ok) throw new RequestRefusedError(notUnderstood("Attach", answer.problem));
    if (!isToken(answer.value.Token)) throw new RequestRefusedError("the ACS answers Attach without a token");
    return answer.value;
  }

  /** Takes in how the ACS attached the device: what is owed leaves, and silence is heeded. */
  attached({ MaxMessageBytes, PingInterval }: LightResult<"Attach">): void {
    if (this.#isOver) return;
    this.#heedSilence(2 * PingInterval * 1000);
    this.#options.calls.attached(MaxMessageBytes);
  }

  /** Ends it in good order; nobody is told. */
  end(): void {
    if (this.#isOver) return;
    if (this.#isOpen) this.#link.close(1000);
    else this.#link.drop();
    this.#over("the device ended the connection");
  }

  opened(): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    this.#options.calls.opened(this.#link);
    this.#options.onOpened();
  }

  refused(refusal: LinkRefusal): void {
    if (this.#isOver) return;
    this.#over(refusal.reason);
    this.#options.onRefused(refusal);
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  received(text: string): void {
    if (this.#isOver) return;
    this.heard();
    // The ACS shows that it is there where pings cannot be seen [LIGHT 3].
    if (text === "") return;
    const token = decodeToken(text, TEXT);
    if (!token.ok) this.#notUnderstood(token.problem);
    else if (token.value.kind === "answer" || token.value.kind === "fault") this.#settle(token.value);
    else this.#options.calls.serve(token.value);
  }

  closed(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#over(reason);
    this.#options.onClosed(code, reason);
  }

  async #request(method: string, params: object): Promise<unknown> {
    for (let repeats = 0; repeats <= MAX_REPEATS; repeats++) {
      const answer = await this.#exchange(method, params);
      if (answer.fault === undefined) return answer.result;
      const { code, message } = answer.fault;
      if (code !== RETRY_REQUEST)
        throw new RequestRefusedError(`the ACS refuses ${method}: ${code} ${message}`);
    }
    throw new RequestRefusedError(`the ACS asks for ${method} again and again`);
  }

  async #exchange(method: string, params: object): Promise<Answer> {
    if (this.#isOver) throw new ConnectionLostError("there is no connection");
    const id = this.#options.freshId();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = this.#options.clock.after(PATIENCE_MS, () =>
      this.#breakOff(`the ACS does not answer ${method}`),
    );
    this.#asking.set(id, { resolve, reject, timer });
    this.#link.send(encodeTokenRequest({ id, method, params }), () => undefined);
    return promise;
  }

  /** An answer to what nobody waits for is nothing. */
  #settle(answer: Answer & { readonly id: TokenId | null }): void {
    const asking = this.#asking.get(String(answer.id));
    if (asking === undefined) return;
    this.#asking.delete(String(answer.id));
    asking.timer.cancel();
    asking.resolve(answer);
  }

  #notUnderstood(problem: Problem): void {
    const code = problems[problem.reason].closeCode;
    if (code === undefined) {
      this.#link.send(encodeTokenFault(null, refusalOf(problem, "device")), () => undefined);
      return;
    }
    this.#link.close(code);
    this.closed(BROKEN_OFF, `the ACS sends what is no token: ${problem.detail}`);
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

  #over(reason: string): void {
    this.#isOver = true;
    this.#silence?.cancel();
    for (const { reject, timer } of this.#asking.values()) {
      timer.cancel();
      reject(new ConnectionLostError(reason));
    }
    this.#asking.clear();
    this.#options.calls.lost();
  }
}

function notUnderstood(method: string, { detail, at }: Problem): string {
  return `the ACS answers ${method} with what is no answer: ${detail} at ${at}`;
}

import { accept, refuse } from "@heliograph/protocol";
import type { Decoded, DeviceAnswer, JsonObject, TokenId } from "@heliograph/protocol";
import type { Call, CallId, CallOutcome, Clock, EndedCall, Timer } from "../../ports/index.ts";
import type { Message, RawAnswer, WrittenCall } from "./codec.ts";
import { EndedCalls } from "./ended-calls.ts";

export interface InFlightMeans {
  readonly clock: Clock;
  readonly callTimeoutMs: number;
  /** Whether an engine may ask for how a call ended that was told so already. */
  readonly remembers: boolean;
  /** Whenever a call is over. */
  readonly onEnd: () => void;
}

interface Flight {
  readonly call: Call;
  /** Of the connection's owner when it made the call. */
  readonly generation: number;
  readonly written: WrittenCall;
  readonly outcome: PromiseWithResolvers<CallOutcome>;
  /** How long its answer is waited for; undefined until it left. */
  timer?: Timer;
}

/** A call whose answer came. */
export interface Landing {
  /** Of the owner that made it. */
  readonly generation: number;
  readonly ended: EndedCall;
}

/** The calls of one connection that have not ended, by their ids; each ends, however the device behaves. */
export class InFlight {
  readonly #means: InFlightMeans;
  readonly #flights = new Map<TokenId, Flight>();
  readonly #ended: EndedCalls | undefined;

  constructor(means: InFlightMeans) {
    this.#means = means;
    this.#ended = means.remembers ? new EndedCalls(means.clock) : undefined;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Whether the call was handed to the socket, so that an answer may come. */
  isOut(id: TokenId): boolean {
    return this.#flights.get(id)?.timer !== undefined;
  }

  /** Takes a call that is about to leave, or to be held; resolves with how it ended. */
  take(call: Call, written: WrittenCall, generation: number): Promise<CallOutcome> {
    const outcome = Promise.withResolvers<CallOutcome>();
    this.#flights.set(call.callId, { call, generation, written, outcome });
    return outcome.promise;
  }

  /** The promise of a call that was taken and has not ended. */
  find(id: CallId): Promise<CallOutcome> | undefined {
    return this.#flights.get(id)?.outcome.promise;
  }

  /** How a call ended; `unknown` where it may have, and nobody knows how; undefined where it has not. */
  endOf(id: CallId): CallOutcome | "unknown" | undefined {
    return this.#ended === undefined ? "unknown" : this.#ended.find(id);
  }

  messageOf(id: CallId): Message | undefined {
    return this.#flights.get(id)?.written.message;
  }

  /** The call was handed to the socket. */
  left(callId: CallId): void {
    const flight = this.#flights.get(callId);
    if (flight === undefined) return;
    const { clock, callTimeoutMs } = this.#means;
    flight.timer = clock.after(callTimeoutMs, () => {
      const detail = `the device gave no answer within ${Math.round(callTimeoutMs / 1000)} s`;
      this.end(callId, { type: "no-answer", detail });
    });
  }

  /** An answer came; undefined where no such call is out. */
  land(id: TokenId, answer: RawAnswer): Landing | undefined {
    const flight = this.#flights.get(id);
    if (flight?.timer === undefined) return undefined;
    const { callId } = flight.call;
    const outcome = outcomeOf(answer, flight);
    this.end(callId, outcome);
    return { generation: flight.generation, ended: { callId, outcome } };
  }

  end(callId: CallId, outcome: CallOutcome): void {
    const flight = this.#flights.get(callId);
    if (flight === undefined) return;
    flight.timer?.cancel();
    this.#flights.delete(callId);
    this.#ended?.add(callId, outcome);
    flight.outcome.resolve(outcome);
    this.#means.onEnd();
  }

  /** The connection is over: what left may still be answered on the device's next one. */
  endAll(detail: string): void {
    for (const { call, timer } of [...this.#flights.values()]) {
      const isOwed = timer !== undefined;
      this.end(call.callId, isOwed ? { type: "no-answer", detail, owed: true } : { type: "not-sent" });
    }
    this.#ended?.close();
  }
}

function outcomeOf(answer: RawAnswer, { call, written }: Flight): CallOutcome {
  if (answer.fault !== undefined) return { type: "answered", outcome: { fault: answer.fault } };
  const result =
    answer.named === undefined ? written.read(answer.result) : ofMethod(call.method, answer.named);
  if (result.ok) return { type: "answered", outcome: { result: result.value } };
  const { at, detail } = result.problem;
  return { type: "no-answer", detail: `the answer cannot be understood: ${at}: ${detail}` };
}

function ofMethod(method: string, named: Decoded<DeviceAnswer>): Decoded<JsonObject> {
  if (!named.ok) return named;
  if (named.value.method === method) return accept(named.value.result);
  return refuse("bad-field", named.value.method, `an answer to ${method} is due`);
}

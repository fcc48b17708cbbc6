import { faultText } from "@heliograph/protocol";
import type { JsonObject, TokenId } from "@heliograph/protocol";
import { callId, unreachable } from "../../ports/index.ts";
import type { Call, CallId, CallOutcome } from "../../ports/index.ts";
import type { LightCodec, Message, RawAnswer } from "./codec.ts";
import type { CallEffect } from "./connection.ts";
import { InFlight } from "./in-flight.ts";
import type { InFlightMeans } from "./in-flight.ts";
import type { LightOwner } from "./light-owner.ts";

export interface CallsMeans extends Omit<InFlightMeans, "remembers"> {
  readonly codec: LightCodec;
  readonly owner: LightOwner;
}

export const NOT_SENT: CallOutcome = { type: "not-sent" };

/** A call that is asked for again, and of which nobody knows whether it left. */
export class ForgottenCallError extends Error {
  override readonly name = "ForgottenCallError";
  readonly code = "E_FORGOTTEN_CALL";

  constructor() {
    super("nobody knows whether the call left");
  }
}

const DECLINED: CallOutcome = { type: "no-answer", detail: "the device refused the call" };

/** What the ACS calls on one connection: written, handed to the socket, and settled by what comes back. */
export class Calls {
  readonly #codec: LightCodec;
  readonly #owner: LightOwner;
  readonly #inFlight: InFlight;

  constructor(means: CallsMeans) {
    this.#codec = means.codec;
    this.#owner = means.owner;
    this.#inFlight = new InFlight({ ...means, remembers: means.owner.mayMiss });
  }

  get size(): number {
    return this.#inFlight.size;
  }

  isOut(id: TokenId): boolean {
    return this.#inFlight.isOut(id);
  }

  /** How a call ends that was taken and has not ended; how it ended, where it is asked for again. */
  find(id: CallId, again = false): Promise<CallOutcome> | undefined {
    const known = this.#inFlight.find(id);
    return known === undefined && again ? this.#recall(id) : known;
  }

  /** How the call will have ended. Throws where it is no RPC. */
  take(call: Call, generation: number): Promise<CallOutcome> {
    return this.#inFlight.take(call, this.#codec.writeCall(call), generation);
  }

  /** `send` says whether the message was handed to the socket. */
  perform(effect: CallEffect, send: (message: Message) => boolean): void {
    switch (effect.type) {
      case "send-call":
        this.#send(effect.call.callId, effect.maxMessageBytes, send);
        return;
      case "give-back":
        this.#giveBack(effect.call.callId);
        return;
      case "decline":
        this.#decline(effect.id);
        return;
      case "settle":
        this.#settle(effect.id, effect.answer);
        return;
      default:
        unreachable(effect);
    }
  }

  endAll(detail: string): void {
    this.#inFlight.endAll(detail);
  }

  #send(id: CallId, maxMessageBytes: number, send: (message: Message) => boolean): void {
    const message = this.#inFlight.messageOf(id);
    if (message === undefined) {
      this.#giveBack(id);
      return;
    }
    const bytes = Buffer.byteLength(message);
    if (bytes > maxMessageBytes) this.#inFlight.end(id, tooLong(bytes, maxMessageBytes));
    else if (send(message)) this.#inFlight.left(id);
    else this.#giveBack(id);
  }

  #giveBack(id: CallId): void {
    this.#inFlight.end(id, NOT_SENT);
  }

  /** The device refuses to answer it. */
  #decline(id: TokenId): void {
    if (this.#inFlight.isOut(id)) this.#inFlight.end(callId(String(id)), DECLINED);
  }

  /** An answer came. The owner hears of it also where nobody here waits for it, or whoever called is not the owner any more. */
  #settle(id: TokenId, answer: RawAnswer): void {
    const landing = this.#inFlight.land(id, answer);
    if (landing === undefined) this.#settleLate(id, answer);
    else if (landing.generation === this.#owner.generation) this.#owner.landed(landing.ended);
    else this.#owner.answered(landing.ended);
  }

  /** Undefined where it was lost on its way here. */
  #recall(id: CallId): Promise<CallOutcome> | undefined {
    const ended = this.#inFlight.endOf(id);
    if (ended === "unknown") return Promise.reject(new ForgottenCallError());
    return ended && Promise.resolve(ended);
  }

  #settleLate(id: TokenId, answer: RawAnswer): void {
    // Ours are text.
    if (typeof id !== "string") return;
    const { fault } = answer;
    const result = fault === undefined ? this.#resultOf(answer) : undefined;
    if (fault !== undefined) this.#tellLate(id, { type: "answered", outcome: { fault } });
    else if (result !== undefined) this.#tellLate(id, { type: "answered", outcome: { result } });
  }

  #resultOf({ result, named }: RawAnswer): JsonObject | undefined {
    if (named === undefined) return this.#codec.readLate(result);
    return named.ok ? named.value.result : undefined;
  }

  #tellLate(id: string, outcome: CallOutcome): void {
    this.#owner.answered({ callId: callId(id), outcome });
  }
}

function tooLong(bytes: number, most: number): CallOutcome {
  const message = `${faultText(9004)}: the call has ${bytes} bytes, and the device takes ${most}`;
  return { type: "answered", outcome: { fault: { code: 9004, message } } };
}

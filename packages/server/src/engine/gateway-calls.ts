import {
  CALL_WORD_MS,
  NobodyThereError,
  RequestTimedOutError,
  subjects,
  type Bus,
  type CallAsk,
  type CallOutcome,
  type CallReply,
  type Clock,
  type GatewayId,
} from "../ports/index.ts";

/** A gateway that says nothing for so long has not heard the question, or was not heard. */
const SILENT_MS = 2 * CALL_WORD_MS;
/** A gateway knows for a little longer how a call ended: so long after it had not, it may be asked how it did. */
const KNOWN_MS = 20_000;
/** One that is not there may be on its way back. */
const PAUSE_MS = 500;

export interface GatewayCallsMeans {
  readonly bus: Bus;
  readonly clock: Clock;
  /** A gateway ends a call by its own time-out: one that takes longer than this is wrong. */
  readonly mostMs: number;
}

/**
 * Calls devices over the gateways that hold their connections. What the bus loses, on the way there or back, is asked for
 * again, in words by which no call leaves twice.
 */
export class GatewayCalls {
  readonly #means: GatewayCallsMeans;

  constructor(means: GatewayCallsMeans) {
    this.#means = means;
  }

  /**
   * How the call ended. Rejects with {@link NobodyThereError} where the gateway is not there, so that nothing left; with
   * {@link RequestTimedOutError}, or as {@link Bus.request} says, where nobody knows whether it did.
   */
  async call(gateway: GatewayId, first: CallAsk): Promise<CallOutcome> {
    const { clock, mostMs } = this.#means;
    const until = clock.elapsed() + mostMs;
    let ask = first;
    let knownUntil = clock.elapsed() + KNOWN_MS;
    for (;;) {
      const askedAt = clock.elapsed();
      const reply = await this.#ask(gateway, ask);
      switch (reply.type) {
        case "nobody":
          if (ask.again !== true) throw new NobodyThereError(`${gateway} is not there`);
          await this.#pause();
          break;
        case "silent":
          break;
        case "under-way":
          knownUntil = askedAt + KNOWN_MS;
          break;
        default:
          return reply;
      }
      if (clock.elapsed() >= Math.min(until, knownUntil)) {
        throw new RequestTimedOutError(`${gateway} does not say how a call ended`);
      }
      ask = { ...first, again: true };
    }
  }

  async #ask(gateway: GatewayId, ask: CallAsk): Promise<CallReply | { readonly type: "nobody" | "silent" }> {
    try {
      return await this.#means.bus.request(subjects.call(gateway), ask, { timeoutMs: SILENT_MS });
    } catch (error) {
      if (error instanceof NobodyThereError) return { type: "nobody" };
      if (error instanceof RequestTimedOutError) return { type: "silent" };
      throw error;
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#means.clock.after(PAUSE_MS, () => {
      resolve(undefined);
    });
    await promise;
  }
}

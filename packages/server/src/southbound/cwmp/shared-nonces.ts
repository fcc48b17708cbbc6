import { gatewayId, subjects } from "../../ports/index.ts";
import type { Bus, Clock, GatewayId, Random } from "../../ports/index.ts";
import { makerOf, nonces } from "./nonces.ts";
import type { Answer, Nonces } from "./nonces.ts";

export interface NoncePorts {
  readonly bus: Bus;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}

/** A gateway that takes longer is as good as gone: the device is challenged again. */
const MAKER_MS = 3_000;

/** Nonces that may be answered at any gateway: whoever made one is asked whether an answer to it is good, which it is once. */
export class SharedNonces {
  readonly #ports: NoncePorts;
  readonly #maker: GatewayId;
  readonly #own: Nonces;
  readonly #serving: { unsubscribe(): void };

  constructor(ports: NoncePorts, maker: GatewayId) {
    this.#ports = ports;
    this.#maker = maker;
    this.#own = nonces(ports.random, { maker });
    this.#serving = ports.bus.serve(subjects.nonceAnswered(maker), async (answer) => ({
      type: this.spend(answer) ? "good" : "stale",
    }));
  }

  make(): string {
    return this.#own.make(this.#ports.clock.now());
  }

  /** Whether it is said to be another's. */
  isForeign({ nonce }: Answer): boolean {
    const maker = makerOf(nonce);
    return maker !== undefined && maker !== this.#maker;
  }

  /** Whether an answer to a nonce of this one's is good, as {@link Nonces.spend} says. */
  spend(answer: Answer): boolean {
    return this.#own.spend(answer, this.#ports.clock.now());
  }

  /** The same of another's nonce. One whose maker is gone is answered in vain. */
  async askMaker({ nonce, response }: Answer): Promise<boolean> {
    const maker = gatewayId(makerOf(nonce) ?? "");
    try {
      const ask = { nonce, response };
      const { type } = await this.#ports.bus.request(subjects.nonceAnswered(maker), ask, {
        timeoutMs: MAKER_MS,
      });
      return type === "good";
    } catch {
      return false;
    }
  }

  close(): void {
    this.#serving.unsubscribe();
  }
}

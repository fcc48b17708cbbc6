import { NobodyThereError, subjects } from "../../../ports/index.ts";
import type { Bus, Clock, GatewayId, PostAsk, PostReply, Random } from "../../../ports/index.ts";
import { gatewayOf } from "../cookie.ts";
import type { Reply } from "../reply.ts";
import { Parcels } from "./parcel.ts";

/** A request of a session that another gateway holds. */
export interface StrayPost {
  readonly cookie: string;
  /** Whether it has an Authorization header. */
  readonly authorized: boolean;
  readonly from: string;
  readonly text: string;
}

/** What it is to be answered; `unsent` is called where the answer cannot be handed to the device. */
export interface RelayedReply {
  readonly reply: Reply;
  readonly unsent: () => Promise<void>;
}

/** The other gateway asks an engine, twice where the first one is gone. */
const ANSWER_MS = 25_000;
const PIECE_MS = 5_000;
const POST_BYTES = 8;
const MOST_AT_ONCE = 1_000;

/** Asks other gateways what requests of their sessions are to be answered. */
export class Relay {
  readonly #bus: Bus;
  readonly #random: Random;
  readonly #parcels: Parcels;
  #running = 0;

  constructor(ports: { readonly bus: Bus; readonly clock: Clock; readonly random: Random }) {
    this.#bus = ports.bus;
    this.#random = ports.random;
    this.#parcels = new Parcels(ports);
  }

  /** Whether no more can be asked now. */
  get isFull(): boolean {
    return this.#running >= MOST_AT_ONCE;
  }

  /**
   * Undefined where there is no such session, or its gateway is gone and the session with it. Rejects where the gateway
   * gives no answer.
   */
  async ask({ text, ...stray }: StrayPost): Promise<RelayedReply | undefined> {
    const gateway = gatewayOf(stray.cookie);
    const post = this.#random.hex(POST_BYTES);
    this.#running += 1;
    try {
      const body = await this.#parcels.send(text, async (parcel, index, piece) => {
        await this.#tell(gateway, { type: "keep", parcel, index, piece }, PIECE_MS);
      });
      const answer = await this.#tell(gateway, { type: "post", post, ...stray, body }, ANSWER_MS);
      const reply = answer.type === "answer" ? await this.#replyOf(gateway, answer) : undefined;
      const unsent = async (): Promise<void> => {
        await this.#tell(gateway, { type: "unsent", post, cookie: stray.cookie }, PIECE_MS);
      };
      return reply && { reply, unsent };
    } catch (error) {
      if (error instanceof NobodyThereError) return undefined;
      throw error;
    } finally {
      this.#running -= 1;
    }
  }

  async #replyOf(
    gateway: GatewayId,
    { status, headers, body, isCall }: Extract<PostReply, { readonly type: "answer" }>,
  ): Promise<Reply | undefined> {
    const text = await this.#parcels.receive(body, async (parcel, index) => {
      const fetched = await this.#tell(gateway, { type: "fetch", parcel, index }, PIECE_MS);
      return fetched.type === "piece" ? fetched.piece : undefined;
    });
    return text === undefined ? undefined : { status, headers, body: text, ...(isCall && { isCall }) };
  }

  #tell(gateway: GatewayId, ask: PostAsk, timeoutMs: number): Promise<PostReply> {
    return this.#bus.request(subjects.post(gateway), ask, { timeoutMs });
  }
}

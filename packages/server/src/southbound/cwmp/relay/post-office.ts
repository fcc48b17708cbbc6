import { subjects, unreachable } from "../../../ports/index.ts";
import type { Bus, Clock, GatewayId, PostAsk, PostReply, Random } from "../../../ports/index.ts";
import type { Reply } from "../reply.ts";
import { Parcels } from "./parcel.ts";
import type { StrayPost } from "./relay.ts";

export interface PostOfficeMeans {
  readonly ports: { readonly bus: Bus; readonly clock: Clock; readonly random: Random };
  readonly gateway: GatewayId;
  /** What the request is answered; undefined where there is no such session. */
  readonly answer: (post: string, stray: StrayPost) => Promise<Reply | undefined>;
  /** The answer to this request could not be handed to the device. */
  readonly unsent: (post: string, cookie: string) => Promise<void>;
}

const UNKNOWN = { type: "unknown" } as const;
const NOTED = { type: "noted" } as const;

/** Serves other gateways, to which devices sent requests of our sessions. */
export class PostOffice {
  readonly #means: PostOfficeMeans;
  readonly #parcels: Parcels;
  readonly #serving: { unsubscribe(): void };

  constructor(means: PostOfficeMeans) {
    this.#means = means;
    this.#parcels = new Parcels(means.ports);
    this.#serving = means.ports.bus.serve(subjects.post(means.gateway), (ask) => this.#serve(ask));
  }

  close(): void {
    this.#serving.unsubscribe();
    this.#parcels.clear();
  }

  async #serve(ask: PostAsk): Promise<PostReply> {
    switch (ask.type) {
      case "post":
        return this.#answer(ask);
      case "unsent":
        await this.#means.unsent(ask.post, ask.cookie);
        return NOTED;
      case "keep":
        return this.#parcels.keep(ask.parcel, ask.index, ask.piece) ? NOTED : UNKNOWN;
      case "fetch": {
        const piece = this.#parcels.piece(ask.parcel, ask.index);
        return piece === undefined ? UNKNOWN : { type: "piece", piece };
      }
      default:
        return unreachable(ask);
    }
  }

  async #answer({ post, body, ...stray }: Extract<PostAsk, { readonly type: "post" }>): Promise<PostReply> {
    const text = await this.#parcels.receive(body, async (parcel, index) =>
      this.#parcels.piece(parcel, index),
    );
    if ("parcel" in body) this.#parcels.drop(body.parcel);
    if (text === undefined) return UNKNOWN;
    const reply = await this.#means.answer(post, { ...stray, text });
    if (reply === undefined) return UNKNOWN;
    const { status, headers, isCall } = reply;
    const sent = await this.#parcels.send(reply.body, async (parcel, index, piece) => {
      this.#parcels.keep(parcel, index, piece);
    });
    return { type: "answer", status, headers, body: sent, ...(isCall && { isCall }) };
  }
}

import type { JsonObject, Publish } from "@heliograph/protocol";
import { applied, memberOf, placeOf, resultTaken, saidAgain } from "./channel-memory.ts";
import type { ChannelMemory, ChannelPosition, PublishResult } from "./channel-memory.ts";
import { ConnectionLostError, RequestRefusedError } from "./light-connection.ts";

/** Something that was published on a channel of the device's. */
export interface Publication {
  readonly channel: string;
  readonly data: JsonObject;
  /** It is all that the channel says by now: the device may have missed what was before. */
  readonly isState: boolean;
}

/**
 * Applies a publication; the next comes once it is done. Where the ACS wants to know, it is told what was returned, or the
 * reason of a rejection.
 */
export type PublicationHandler = (
  publication: Publication,
) => JsonObject | undefined | Promise<JsonObject | undefined>;

/** It could not be applied, and the ACS is to know more than the reason. */
export class PublicationFaultedError extends Error {
  override readonly name = "PublicationFaultedError";
  readonly code = "E_PUBLICATION_FAULTED";
  readonly data: JsonObject;
  constructor(data: JsonObject) {
    super("a publication could not be applied");
    this.data = data;
  }
}

export interface PublicationsOptions {
  readonly handler: PublicationHandler;
  /** Kept over restarts. */
  readonly memory: { get: () => ChannelMemory; keep: (memory: ChannelMemory) => void };
  /** Something is missing: has the ACS tell again from where the device stands. */
  readonly attachAgain: () => void;
}

/** What wait to be applied; beyond that the ACS has to tell them again. */
const MOST_WAITING = 256;

/** Applies what is published, in order and once, and keeps how far it is [LIGHT 6]. */
export class Publications {
  readonly #options: PublicationsOptions;
  #waiting: Publish[] = [];
  #isApplying = false;
  #hasGap = false;
  #tell: ((result: PublishResult) => Promise<void>) | undefined;
  #isTelling = false;

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  get positions(): Readonly<Record<string, ChannelPosition>> {
    return this.#options.memory.get().positions;
  }

  hear(published: Publish): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#hasGap = true;
      return;
    }
    this.#waiting.push(published);
    if (!this.#isApplying) void this.#apply();
  }

  /** The ACS tells from where the device said it stands; what it owes leaves by `tell`. */
  attached(channels: ReadonlySet<string>, tell: (result: PublishResult) => Promise<void>): void {
    const { memory } = this.#options;
    const known = memory.get();
    const kept = memberOf(known, channels);
    if (Object.keys(kept.positions).length < Object.keys(known.positions).length) memory.keep(kept);
    this.#tell = tell;
    void this.#tellOwed();
  }

  /** Says to the ACS what is so by now of a channel's last publication. */
  sayAgain(channel: string, result: Pick<PublishResult, "Status" | "Data">): void {
    const { memory } = this.#options;
    memory.keep(saidAgain(memory.get(), channel, result));
    void this.#tellOwed();
  }

  /** The connection is no more: what came over it and is not applied comes again. */
  lost(): void {
    this.#waiting = [];
    this.#hasGap = false;
    this.#tell = undefined;
  }

  async #apply(): Promise<void> {
    this.#isApplying = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#applyOne(next);
    }
    this.#isApplying = false;
    if (!this.#hasGap) return;
    this.#hasGap = false;
    this.#options.attachAgain();
  }

  async #applyOne(published: Publish): Promise<void> {
    const { memory } = this.#options;
    const place = placeOf(memory.get(), published);
    if (place === "after-a-gap") this.#hasGap = true;
    if (place !== "next") return;
    const result = await this.#handle(published);
    memory.keep(applied(memory.get(), published, result));
    void this.#tellOwed();
  }

  async #handle({ Channel, Data, State }: Publish): Promise<Pick<PublishResult, "Status" | "Data">> {
    const publication = { channel: Channel, data: Data, isState: State === true };
    try {
      const said = await this.#options.handler(publication);
      return { Status: "applied", ...(said === undefined ? {} : { Data: said }) };
    } catch (error) {
      if (error instanceof PublicationFaultedError) return { Status: "faulted", Data: error.data };
      return { Status: "faulted", Data: { Reason: error instanceof Error ? error.message : String(error) } };
    }
  }

  async #tellOwed(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    const { memory } = this.#options;
    for (let [next] = memory.get().owed; next !== undefined; [next] = memory.get().owed) {
      const tell = this.#tell;
      if (tell === undefined || !(await isTaken(tell(next)))) break;
      memory.keep(resultTaken(memory.get()));
    }
    this.#isTelling = false;
  }
}

/** What the ACS refuses it will never take. */
async function isTaken(telling: Promise<void>): Promise<boolean> {
  try {
    await telling;
    return true;
  } catch (error) {
    if (error instanceof ConnectionLostError) return false;
    if (error instanceof RequestRefusedError) return true;
    throw error;
  }
}

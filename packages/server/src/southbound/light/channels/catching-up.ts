import { asError, isRecoverable } from "../../../ports/index.ts";
import type { ChannelRecord, Clock, Log, Store, Timer } from "../../../ports/index.ts";
import { isNext } from "./audience.ts";
import type { Place, Told } from "./place.ts";
import { Telling } from "./telling.ts";

export interface CatchingUpPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** So many catch up at a time: when all devices come back at once, the store has others to serve as well. */
const AT_ONCE = 8;
const BATCH = 20;
/** After this long somebody who did not take what it was told is tried again. */
const RETRY_MS = 1_000;

/** Tells those who were away what they missed, from the store, until they have all there is. */
export class CatchingUp {
  readonly #ports: CatchingUpPorts;
  readonly #join: (place: Place) => boolean;
  readonly #waiting: Place[] = [];
  readonly #parked = new Set<Place>();
  #running = 0;
  #timer: Timer | undefined;

  /** `join`: the place is told with the others from now on; false where more was published meanwhile. */
  constructor(ports: CatchingUpPorts, join: (place: Place) => boolean) {
    this.#ports = ports;
    this.#join = join;
  }

  begin(place: Place): void {
    if (place.standing === "behind" || place.isGone) return;
    place.standing = "behind";
    this.#enqueue(place);
  }

  /** Nobody is tried again. */
  stop(): void {
    this.#timer?.cancel();
    this.#parked.clear();
  }

  #enqueue(place: Place): void {
    this.#waiting.push(place);
    if (this.#running < AT_ONCE) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running += 1;
    for (let place = this.#waiting.shift(); place !== undefined; place = this.#waiting.shift()) {
      await this.#serve(place);
    }
    this.#running -= 1;
  }

  async #serve(place: Place): Promise<void> {
    try {
      if ((await this.#catchUp(place)) === "later") this.#park(place);
    } catch (error) {
      if (place.isGone) return;
      this.#ports.log.error("a device waits for what was published", {
        device: place.listener.device,
        channel: place.channel,
        error: asError(error),
      });
      this.#park(place);
    }
  }

  async #catchUp(place: Place): Promise<Told> {
    for (;;) {
      const channel = await this.#ports.store.channel(place.channel);
      if (channel === undefined || place.isGone) return "never";
      if (isAtHead(place, channel) && this.#join(place)) return "told";
      const isCurrent = isRecoverable(channel, place.at);
      if (!isCurrent && !(await this.#isMember(place))) return this.#leave(place);
      const told = isCurrent ? await this.#tellMissed(place, channel) : await this.#tellState(place, channel);
      if (told !== "told") return told;
    }
  }

  /** A channel may be given to others when it is renewed: whoever was a member before is asked for anew. */
  async #isMember({ channel, listener }: Place): Promise<boolean> {
    const channels = await this.#ports.store.channelsOf(listener.device);
    return channels.some(({ name }) => name === channel);
  }

  #leave(place: Place): "never" {
    place.standing = "gone";
    return "never";
  }

  async #tellMissed(place: Place, { name }: ChannelRecord): Promise<Told> {
    const after = place.at?.offset ?? 0;
    const missed = await this.#ports.store.publications({ channel: name, after, limit: BATCH });
    for (const publication of missed) {
      // What is not kept any more, or is of another epoch, is found out by whoever asks again.
      if (!isNext(place, publication)) return "told";
      const told = place.tell(Telling.of(publication));
      if (told !== "told") return told;
    }
    return "told";
  }

  async #tellState(place: Place, channel: ChannelRecord): Promise<Told> {
    const { name, head } = channel;
    const [newest] = await this.#ports.store.publications({ channel: name, after: head - 1, limit: 1 });
    return place.tell(Telling.stateOf(channel, newest));
  }

  #park(place: Place): void {
    this.#timer ??= this.#ports.clock.after(RETRY_MS, () => {
      this.#retry();
    });
    this.#parked.add(place);
  }

  #retry(): void {
    this.#timer = undefined;
    const places = [...this.#parked];
    this.#parked.clear();
    for (const place of places) if (!place.isGone) this.#enqueue(place);
  }
}

function isAtHead({ at }: Place, { epoch, head }: ChannelRecord): boolean {
  return at?.epoch === epoch && at.offset === head;
}

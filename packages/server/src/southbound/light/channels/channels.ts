import { setImmediate as nextTurn } from "node:timers/promises";
import type { DeviceKey } from "@heliograph/protocol";
import { PublicationFeed } from "../../../channels/publication-feed.ts";
import { asError, isRecoverable, nameForDevice, ownerOf, subjects } from "../../../ports/index.ts";
import type {
  Bus,
  ChannelName,
  ChannelRecord,
  Clock,
  Log,
  Position,
  Publication,
  Store,
  Subscription,
} from "../../../ports/index.ts";
import { Audience } from "./audience.ts";
import { CatchingUp } from "./catching-up.ts";
import { Place } from "./place.ts";
import { Rounds } from "./rounds.ts";
import type { Seat } from "./seat.ts";
import type { SaidPositions } from "./wish.ts";

export interface ChannelPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a device is told of a channel when it attaches [LIGHT 3]. */
export interface Standing {
  readonly Epoch: string;
  readonly Offset: number;
  readonly Recovered: boolean;
}

/** A channel that a device subscribes to, by the ACS's name and by its own. */
interface Wanted {
  readonly name: ChannelName;
  readonly channel: string;
  readonly position: Position | "kept" | undefined;
}

export type Standings = Readonly<Record<string, Standing>>;

const SEATED_AT_ONCE = 50;

/**
 * The channels of all devices that are connected here. Members are told what is published as it comes, and what they missed
 * before that, in order; where the history does not reach so far back, they are given the channel's state [LIGHT 6].
 */
export class Channels {
  readonly #ports: ChannelPorts;
  readonly #audiences = new Map<ChannelName, Audience>();
  /** Of each device; there is more than one only until the older is closed. */
  readonly #seats = new Map<DeviceKey, Set<Seat>>();
  readonly #rounds: Rounds;
  readonly #catchingUp: CatchingUp;
  readonly #feed: PublicationFeed;
  readonly #changes: readonly Subscription[];

  constructor(ports: ChannelPorts) {
    this.#ports = ports;
    this.#rounds = new Rounds((place) => {
      this.#catchingUp.begin(place);
    });
    this.#catchingUp = new CatchingUp(ports, (place) => this.#audience(place.channel).join(place));
    this.#feed = new PublicationFeed(ports, (publication) => {
      this.#hear(publication);
    });
    const onGroup = ({ device }: { readonly device: DeviceKey }): void => {
      this.#seatAllAnew(device);
    };
    this.#changes = [
      ports.bus.subscribe(subjects.everyMembersChanged, ({ devices }) => {
        for (const device of devices) this.#seatAllAnew(device);
      }),
      ports.bus.subscribe(subjects.everyGroupJoined, onGroup),
      ports.bus.subscribe(subjects.everyGroupLeft, onGroup),
      ports.bus.subscribe(subjects.everyChannelChanged, () => {
        void this.#seatEverybodyAnew();
      }),
      ports.bus.onReturn(() => {
        void this.#seatEverybodyAnew();
      }),
    ];
  }

  close(): void {
    this.#feed.close();
    for (const subscription of this.#changes) subscription.unsubscribe();
    this.#catchingUp.stop();
  }

  /** Finds where a device stands in the channels it wants: it is told nothing before {@link begin}. */
  async open(seat: Seat, positions: SaidPositions): Promise<Standings> {
    seat.note(positions);
    const channels = await this.#take(seat);
    this.#keepPositions(seat, channels);
    return Object.fromEntries(
      channels.map((channel) => {
        const { name, epoch: Epoch, head: Offset } = channel;
        const Recovered = isRecoverable(channel, seat.places.get(name)?.at);
        return [nameForDevice(name), { Epoch, Offset, Recovered }];
      }),
    );
  }

  /** The device knows where it stands: from now on it is told what it missed, and then what comes. */
  begin(seat: Seat): void {
    for (const place of seat.places.values()) if (place.standing === "waiting") this.#catchingUp.begin(place);
  }

  /** It wants one channel more. */
  want(seat: Seat, { name, channel, position }: Wanted): void {
    const { store, log } = this.#ports;
    const known = position === "kept" ? store.position(name, seat.device) : Promise.resolve(position);
    known
      .then((from) => {
        seat.want(channel, from);
        this.seatAnew(seat);
      })
      .catch((error: unknown) => {
        log.error("a device waits for a channel", { device: seat.device, error: asError(error) });
      });
  }

  /** It wants other channels than before, or others are its own. */
  seatAnew(seat: Seat): void {
    this.#take(seat)
      .then(() => {
        this.begin(seat);
      })
      .catch((error: unknown) => {
        const { device } = seat;
        this.#ports.log.error("a device waits for its channels", { device, error: asError(error) });
      });
  }

  /** The device has come so far, and says so. */
  acknowledge(seat: Seat, channel: ChannelName, position: Position): void {
    const { store, clock, log } = this.#ports;
    const moved = { channel, device: seat.device, position, at: clock.now() };
    store.commit("move-position", moved, "soon").catch((error: unknown) => {
      // It says where it is whenever it comes again.
      log.warn("a device's position was not stored", { device: seat.device, error: asError(error) });
    });
  }

  /** The connection is over. */
  end(seat: Seat): void {
    seat.end();
    for (const place of seat.places.values()) this.#drop(seat, place);
    const seats = this.#seats.get(seat.device);
    seats?.delete(seat);
    if (seats?.size === 0) this.#seats.delete(seat.device);
  }

  #audience(name: ChannelName): Audience {
    const known = this.#audiences.get(name) ?? new Audience();
    this.#audiences.set(name, known);
    return known;
  }

  #hear(publication: Publication): void {
    const { channel } = publication;
    const audience = this.#audiences.get(channel);
    if (audience !== undefined) this.#rounds.tell(publication, audience);
    const owner = ownerOf(channel);
    // The first thing that is published on a device's own channel makes it one.
    if (owner !== undefined && audience === undefined) this.#seatAllAnew(owner);
  }

  /** Takes a place in each channel of the device that it wants, and leaves those that are not its own any more. */
  async #take(seat: Seat): Promise<readonly ChannelRecord[]> {
    const all = await this.#ports.store.channelsOf(seat.device);
    const channels = all.filter(({ name }) => seat.isWanted(nameForDevice(name)));
    const names = new Set(channels.map(({ name }) => name));
    for (const place of seat.places.values()) if (!names.has(place.channel)) this.#drop(seat, place);
    if (seat.isOver) return [];
    this.#seatOf(seat);
    for (const { name } of channels) this.#place(seat, name);
    return channels;
  }

  /** Where the device said again where it stands, it is told from there again. */
  #place(seat: Seat, name: ChannelName): void {
    const known = seat.places.get(name);
    const said = seat.takePosition(nameForDevice(name));
    if (known !== undefined && !known.isGone && said === undefined) return;
    if (known !== undefined) this.#drop(seat, known);
    const place = new Place(name, seat, said);
    seat.places.set(name, place);
    this.#audience(name).add(place);
  }

  #seatOf(seat: Seat): void {
    const seats = this.#seats.get(seat.device) ?? new Set();
    this.#seats.set(seat.device, seats.add(seat));
  }

  #drop(seat: Seat, place: Place): void {
    seat.places.delete(place.channel);
    const audience = this.#audience(place.channel);
    audience.remove(place);
    if (audience.isEmpty) this.#audiences.delete(place.channel);
  }

  /** The device's channels are others now. */
  #seatAllAnew(device: DeviceKey): void {
    for (const seat of this.#seats.get(device) ?? []) this.seatAnew(seat);
  }

  /** Of many devices a few at a time: whoever else is connected waits no longer than that takes. */
  async #seatEverybodyAnew(): Promise<void> {
    const devices = [...this.#seats.keys()];
    for (let done = 0; done < devices.length; done += SEATED_AT_ONCE) {
      for (const device of devices.slice(done, done + SEATED_AT_ONCE)) this.#seatAllAnew(device);
      await nextTurn();
    }
  }

  /** What it said when it attached is how far it has come. */
  #keepPositions(seat: Seat, channels: readonly ChannelRecord[]): void {
    for (const channel of channels) {
      const place = seat.places.get(channel.name);
      if (place?.standing !== "waiting" || !isRecoverable(channel, place.at)) continue;
      this.acknowledge(seat, channel.name, place.at);
    }
  }
}

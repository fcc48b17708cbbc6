import { nameFromDevice, unreachable } from "../../../ports/index.ts";
import type { OwnMonitor } from "../monitor/own-monitor.ts";
import type { Channels, Standings } from "./channels.ts";
import type { Seat } from "./seat.ts";
import type { ChannelWish, SaidPositions } from "./wish.ts";

type Monitor = Pick<OwnMonitor, "begin" | "heed" | "end">;

/** The channels of one connection's device. */
export class OwnChannels {
  /** What is watched of it. */
  readonly monitor: Monitor;
  readonly #channels: Channels;
  readonly #seat: Seat;

  constructor(channels: Channels, seat: Seat, monitor: Monitor) {
    this.monitor = monitor;
    this.#channels = channels;
    this.#seat = seat;
  }

  /** The device wants to be told of all it is a member of; nothing is told before {@link begin}. */
  attach(positions: SaidPositions, maxMessageBytes: number): Promise<Standings> {
    this.#seat.wants = "all";
    this.#seat.maxMessageBytes = maxMessageBytes;
    return this.#channels.open(this.#seat, positions);
  }

  begin(): void {
    this.#channels.begin(this.#seat);
  }

  end(): void {
    this.#channels.end(this.#seat);
    this.monitor.end();
  }

  /** What the device says of channels one by one. */
  heed(wish: ChannelWish): void {
    const seat = this.#seat;
    const name = nameFromDevice(seat.device, wish.channel);
    switch (wish.type) {
      case "subscribe":
        if (name !== undefined) this.#channels.want(seat, { ...wish, name });
        return;
      case "unsubscribe":
        seat.unwant(wish.channel);
        this.#channels.seatAnew(seat);
        return;
      case "acknowledge":
        if (name !== undefined) this.#channels.acknowledge(seat, name, wish.position);
        return;
      default:
        unreachable(wish);
    }
  }
}

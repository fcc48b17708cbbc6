import type { DeviceKey } from "@heliograph/protocol";
import type { ChannelName, Position } from "../../../ports/index.ts";
import type { Telling } from "./telling.ts";

/** `later`: the device has not taken yet what it was told before. `never`: it is gone, or cannot take it at all. */
export type Told = "told" | "later" | "never";

/** A connection as it is told what is published. */
export interface Listener {
  readonly device: DeviceKey;
  tell(telling: Telling): Told;
}

/**
 * Where a connection stands in a channel. `waiting`: the device does not know yet. `live`: it has all there is, and is told
 * what comes. `behind`: it is told from the store. `gone`: it is told nothing any more.
 */
export class Place {
  readonly channel: ChannelName;
  readonly listener: Listener;
  standing: "waiting" | "behind" | "live" | "gone" = "waiting";
  /** Up to where it was told; undefined where it needs the channel's state first. */
  at: Position | undefined;

  constructor(channel: ChannelName, listener: Listener, at: Position | undefined) {
    this.channel = channel;
    this.listener = listener;
    this.at = at;
  }

  get isGone(): boolean {
    return this.standing === "gone";
  }

  /** Tells it, and notes that; gone where it can never be told. */
  tell(telling: Telling): Told {
    if (this.isGone) return "never";
    const told = this.listener.tell(telling);
    const { Epoch: epoch, Offset: offset } = telling.said;
    if (told === "told") this.at = { epoch, offset };
    else if (told === "never") this.standing = "gone";
    return told;
  }
}

import type { DeviceKey } from "@heliograph/protocol";
import type { ChannelName, Position } from "../../../ports/index.ts";
import type { LightCodec } from "../codec.ts";
import type { Transport } from "../transport.ts";
import type { Listener, Place, Told } from "./place.ts";
import type { Telling } from "./telling.ts";
import type { SaidPositions } from "./wish.ts";

export interface SeatParts {
  readonly device: DeviceKey;
  readonly transport: Pick<Transport, "buffered" | "sendShared">;
  readonly codec: Pick<LightCodec, "writePublication">;
  /** So much may wait to be sent to it before it is left out until it has taken that. */
  readonly maxBytes: number;
}

/** More of them than a device has channels. */
const MOST_POSITIONS = 256;

/** One connection among the listeners: which channels it wants, and where it stands in them. */
export class Seat implements Listener {
  readonly places = new Map<ChannelName, Place>();
  /** All that it is a member of, or those that it subscribed to; undefined until it wants any. */
  wants: "all" | Set<string> | undefined;
  maxMessageBytes = Infinity;
  readonly #parts: SeatParts;
  /** As the device said them, by its names for the channels; taken once it has a place there. */
  readonly #positions = new Map<string, Position>();
  #isOver = false;

  constructor(parts: SeatParts) {
    this.#parts = parts;
  }

  get device(): DeviceKey {
    return this.#parts.device;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
  }

  isWanted(name: string): boolean {
    return this.wants === "all" || this.wants?.has(name) === true;
  }

  note(positions: SaidPositions): void {
    for (const [name, { Epoch: epoch, Offset: offset }] of Object.entries(positions).slice(
      0,
      MOST_POSITIONS,
    )) {
      this.#positions.set(name, { epoch, offset });
    }
  }

  want(name: string, position: Position | undefined): void {
    if (!(this.wants instanceof Set)) this.wants = new Set();
    this.wants.add(name);
    if (position !== undefined) this.#positions.set(name, position);
  }

  unwant(name: string): void {
    if (this.wants instanceof Set) this.wants.delete(name);
    this.#positions.delete(name);
  }

  /** Up to where the device has a channel; once. */
  takePosition(name: string): Position | undefined {
    const position = this.#positions.get(name);
    this.#positions.delete(name);
    return position;
  }

  tell(telling: Telling): Told {
    const { transport, codec, maxBytes } = this.#parts;
    if (this.#isOver) return "never";
    if (transport.buffered > maxBytes) return "later";
    const written = codec.writePublication?.(telling) ?? "never";
    if (typeof written === "string") return written;
    if (written.bytes.length > this.maxMessageBytes) return "never";
    return transport.sendShared(written) ? "told" : "never";
  }
}

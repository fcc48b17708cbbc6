import { checkParams, grouped, lightDeviceRpcs } from "@heliograph/protocol";
import type { CompactValue, DeviceKey, LightParams, ObservationRequest, TokenId } from "@heliograph/protocol";
import { BusClosedError, subjects, unreachable } from "../../../ports/index.ts";
import type { Bus, Clock, Observed, Random, WatchWish } from "../../../ports/index.ts";
import type { LightCodec, RawAnswer } from "../codec.ts";
import type { Transport } from "../transport.ts";
import type { Observer, Watches } from "./watches.ts";

export interface OwnMonitorParts {
  readonly ports: { readonly bus: Bus; readonly clock: Clock; readonly random: Random };
  readonly watches: Watches;
  readonly device: DeviceKey;
  readonly transport: Pick<Transport, "send">;
  readonly codec: Pick<LightCodec, "writeObservation">;
}

/** What a device says of what it observes. */
export type MonitorSaid =
  | { readonly type: "observation-answered"; readonly id: TokenId; readonly answer: RawAnswer }
  | { readonly type: "values"; readonly values: LightParams<"Publish"> };

/** The view that a device was asked for. */
interface Asked {
  readonly id: TokenId;
  readonly wish: WatchWish;
  /** What it answered, in the order of its values; undefined until then, and where it refused. */
  paths?: readonly string[];
}

/** All that is watched of a device is one view. */
const VIEW = "watched";
const CHANNEL = "private/monitor";
/** Calls of the engine have other ids. */
const ID_PREFIX = "view-";

/** Whether an answer with that id is to Observe or Unobserve. */
export function isObservationId(id: TokenId): boolean {
  return typeof id === "string" && id.startsWith(ID_PREFIX);
}

/** What is watched of one connection's device: asked for while somebody watches, and told to whoever does [LIGHT 6]. */
export class OwnMonitor implements Observer {
  readonly #parts: OwnMonitorParts;
  #asked: Asked | undefined;
  /** The view that it tells by, until it has answered what it was asked since. */
  #telling: Asked | undefined;

  constructor(parts: OwnMonitorParts) {
    this.#parts = parts;
  }

  get device(): DeviceKey {
    return this.#parts.device;
  }

  /** The device may be asked. */
  begin(): void {
    this.#parts.watches.add(this);
    // What attached the device is answered first.
    setImmediate(() => this.look());
  }

  end(): void {
    this.#parts.watches.remove(this);
    if (this.#asked !== undefined) this.#tellEnd("the connection is over");
    this.#asked = undefined;
  }

  look(): void {
    const wish = this.#parts.watches.of(this.device);
    if (isSame(wish, this.#asked?.wish)) this.#tellView();
    else if (wish === undefined) this.#unobserve();
    else this.#observe(wish);
  }

  heed(said: MonitorSaid): void {
    switch (said.type) {
      case "observation-answered":
        if (said.id === this.#asked?.id) this.#onAnswer(this.#asked, said.answer);
        return;
      case "values":
        this.#onValues(said.values);
        return;
      default:
        unreachable(said);
    }
  }

  #observe(wish: WatchWish): void {
    const { paths, intervalMs, onChange } = wish;
    const id = this.#ask({
      method: "Observe",
      params: {
        View: VIEW,
        Paths: paths,
        ...(intervalMs === undefined ? {} : { Interval: Math.max(1, Math.round(intervalMs / 1000)) }),
        ...(onChange ? { OnChange: true } : {}),
      },
    });
    // Who cannot be asked now is asked when it is looked again.
    if (id !== undefined) this.#asked = { id, wish };
  }

  #unobserve(): void {
    const id = this.#ask({ method: "Unobserve", params: { View: VIEW } });
    if (id === undefined) return;
    this.#asked = undefined;
    this.#telling = undefined;
  }

  #ask(request: ObservationRequest): TokenId | undefined {
    const { ports, codec, transport } = this.#parts;
    const id = ID_PREFIX + ports.random.hex(8);
    const message = codec.writeObservation?.(id, request);
    return message !== undefined && transport.send(message) ? id : undefined;
  }

  #onAnswer(asked: Asked, { fault, result }: RawAnswer): void {
    const { answer } = lightDeviceRpcs.Observe;
    const read = fault === undefined ? checkParams(answer, result, { strictness: "kinds" }) : undefined;
    if (read?.ok === true) {
      asked.paths = read.value.Paths;
      this.#telling = asked;
      this.#tellView();
    } else {
      this.#telling = undefined;
      this.#tellEnd(fault === undefined ? "its answer cannot be understood" : fault.message);
    }
  }

  /** Values that do not fit the view cannot be told apart, and are left out. */
  #onValues({ Channel, View, Values }: LightParams<"Publish">): void {
    const paths = this.#telling?.paths;
    if (Channel !== CHANNEL || View !== VIEW || paths?.length !== Values.length) return;
    const { clock } = this.#parts.ports;
    const there = paths.flatMap((path, index): readonly (readonly [string, CompactValue])[] => {
      const value = Values[index] ?? null;
      return value === null ? [] : [[path, value]];
    });
    this.#tell({ type: "values", device: this.device, at: clock.now(), values: grouped(there) });
  }

  #tellView(): void {
    const { paths, wish } = this.#asked ?? {};
    if (paths === undefined || wish === undefined) return;
    this.#tell({ ...wish, type: "observing", device: this.device, asked: wish.paths, paths });
  }

  #tellEnd(detail: string): void {
    this.#tell({ type: "not-observing", device: this.device, detail });
  }

  /** Whoever watches is told as long as there is a way; the last connections end when the bus is closed. */
  #tell(observed: Observed): void {
    try {
      this.#parts.ports.bus.publish(subjects.observed(this.device), observed);
    } catch (error) {
      if (!(error instanceof BusClosedError)) throw error;
    }
  }
}

function isSame(one: WatchWish | undefined, other: WatchWish | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

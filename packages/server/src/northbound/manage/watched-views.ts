import type { LiveMessage } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, type WatchWish } from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import { unknownDevice } from "../device-handlers.ts";
import { LiveInbox } from "../live/live-inbox.ts";
import type { LiveDevices } from "../live/live-devices.ts";
import { showLive } from "../live/show-live.ts";
import { notReadable, writeDown } from "../live/watching.ts";
import { refuseFor, type Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";

/** What a manager watches of a device, by a name of the manager's own. */
export interface View {
  readonly device: DeviceKey;
  readonly view: string;
}

/** What is seen in a view, and how. */
export interface Seen extends View {
  readonly said: LiveMessage;
}

export interface WatchedViewsMeans {
  readonly ports: NorthboundPorts;
  readonly live: LiveDevices;
  /** Resolves once the manager was sent it, or is gone. */
  readonly tell: (seen: Seen) => Promise<void>;
}

export interface AskedView extends View {
  readonly wish: WatchWish;
  readonly manager: Manager;
}

const MOST_VIEWS = 32;
const SOON_MS = 10_000;

/** The views of one manager's connection. For a device all who watch it are one, by whichever door. */
export class WatchedViews {
  readonly #means: WatchedViewsMeans;
  readonly #open = new Map<string, Watcher>();

  constructor(means: WatchedViewsMeans) {
    this.#means = means;
  }

  /** Of which something is told. */
  get devices(): readonly DeviceKey[] {
    return Array.from(this.#open.values(), ({ device }) => device);
  }

  /** One that is asked for again is replaced. `begun` hears of it before anything is told. */
  async begin(asked: AskedView, begun: () => void): Promise<Refusal | undefined> {
    const { ports } = this.#means;
    const { device, view } = asked;
    const watching = { ...asked, manager: await asked.manager.on([device]) };
    const refusal = notReadable(watching);
    if (refusal !== undefined) return refusal;
    if ((await ports.store.device(device)) === undefined) return unknownDevice(device);
    this.end({ device, view });
    if (this.#open.size >= MOST_VIEWS) {
      return refuseFor("too-many-streams", `a connection has ${MOST_VIEWS} views at most`, SOON_MS);
    }
    await writeDown(ports, watching);
    begun();
    this.#open.set(nameOf(asked), new Watcher(watching, this.#means));
    return undefined;
  }

  end(view: View): void {
    this.#open.get(nameOf(view))?.end();
    this.#open.delete(nameOf(view));
  }

  close(): void {
    for (const watcher of this.#open.values()) watcher.end();
    this.#open.clear();
  }
}

/** One view: whoever does not read is told the newest, and misses what was in between. */
class Watcher {
  readonly device: DeviceKey;
  readonly #inbox = new LiveInbox();
  readonly #watch: Disposable;
  readonly #left = Promise.withResolvers<unknown>();
  #isOver = false;

  constructor(asked: AskedView, means: WatchedViewsMeans) {
    this.device = asked.device;
    const { wish } = asked;
    this.#watch = means.live.watch(asked.device, { wish, hear: (said) => this.#inbox.hear(said) });
    this.#tell(asked, means).catch((error: unknown) => {
      means.ports.log.warn("a manager is told no more of a device's values", { error: asError(error) });
    });
  }

  end(): void {
    this.#isOver = true;
    this.#watch[Symbol.dispose]();
    this.#left.resolve(undefined);
  }

  #hasEnded(): boolean {
    return this.#isOver;
  }

  async #tell({ device, view, manager }: AskedView, { tell }: WatchedViewsMeans): Promise<void> {
    while (!this.#hasEnded()) {
      await Promise.race([this.#inbox.news(), this.#left.promise]);
      for (const said of this.#inbox.take()) {
        if (this.#hasEnded()) return;
        await tell({ device, view, said: showLive(said, manager.rights) });
      }
    }
  }
}

/** No device's key has a blank. */
function nameOf({ device, view }: View): string {
  return `${device} ${view}`;
}

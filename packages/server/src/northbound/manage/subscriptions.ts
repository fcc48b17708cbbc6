import { ownerOf } from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import type { Refusal } from "../refusal.ts";
import { seesDevice } from "../visible.ts";
import { FollowedChannels, type ChannelNews, type Followed, type Told } from "./followed-channels.ts";
import type { Subscribing, Unsubscribing } from "./manager-language.ts";
import { WatchedViews, type Seen, type WatchedViewsMeans } from "./watched-views.ts";

export interface SubscriptionMeans extends Pick<WatchedViewsMeans, "ports" | "live"> {
  readonly news: ChannelNews;
  /** Resolves once the manager was sent it, or is gone. */
  readonly tell: (told: Told | Seen) => Promise<void>;
}

/** What one manager's connection is told without asking each time: what is published, and what is seen of devices. */
export class Subscriptions {
  readonly #channels: FollowedChannels;
  readonly #views: WatchedViews;
  /** Of what was begun and ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(means: SubscriptionMeans) {
    this.#channels = new FollowedChannels(means);
    this.#views = new WatchedViews(means);
  }

  /** After all that was begun and ended before. `begun` hears what is answered, before anything is told. */
  begin(said: Subscribing, manager: Manager, begun: (result: object) => void): Promise<Refusal | undefined> {
    return this.#inTurn(async () => {
      if (said.type === "follow") {
        const { channel, position } = said;
        return this.#channels.follow({ channel, position, manager }, (followed) => begun(shown(followed)));
      }
      const { device, view, wish } = said;
      return this.#views.begin({ device, view, wish, manager }, () => begun({ Device: device, View: view }));
    });
  }

  /** After all that was begun before. */
  end(said: Unsubscribing): Promise<void> {
    return this.#inTurn(async () => {
      if (said.type === "unfollow") this.#channels.unfollow(said.channel);
      else this.#views.end(said);
    });
  }

  /** Whether each device of which something is told is still among those of the manager, by present facts. */
  async areAllowed(manager: Manager): Promise<boolean> {
    if (manager.rights.devices.type !== "expression") return true;
    const owners = this.#channels.names.flatMap((name) => ownerOf(name) ?? []);
    const devices = [...new Set([...owners, ...this.#views.devices])];
    if (devices.length === 0) return true;
    const on = await manager.on(devices);
    return devices.every((device) => seesDevice(on, device));
  }

  close(): void {
    this.#channels.close();
    this.#views.close();
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function shown({ channel, epoch, offset, isRecovered }: Followed): object {
  return { Channel: channel, Epoch: epoch, Offset: offset, Recovered: isRecovered };
}

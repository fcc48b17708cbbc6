import type { JsonObject } from "@heliograph/protocol";
import { PublicationFeed } from "../../channels/publication-feed.ts";
import {
  asError,
  channelName,
  isRecoverable,
  type ChannelName,
  type ChannelRecord,
  type Position,
} from "../../ports/index.ts";
import type { Manager } from "../authentication.ts";
import { findFollowed } from "../find-channel.ts";
import { publicationsAfter } from "../publications-after.ts";
import { isRefusal, refuseFor, type Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";

/** Something published, or all that a channel says by now where what was missed is not kept any more [LIGHT 6]. */
export interface Told extends Position {
  readonly channel: ChannelName;
  readonly isState: boolean;
  readonly data: JsonObject;
}

/** Where somebody begins to follow, and whether everything from there on is told. */
export interface Followed extends Position {
  readonly channel: ChannelName;
  readonly isRecovered: boolean;
}

export interface Following {
  readonly ports: NorthboundPorts;
  readonly news: ChannelNews;
  /** Resolves once the manager was sent it, or is gone. */
  readonly tell: (told: Told) => Promise<void>;
}

const SOON_MS = 10_000;
const MOST_CHANNELS = 32;
const BATCH = 20;
const RETRY_MS = 1_000;

/** Says when there is something new on a channel, to all managers' connections by one feed. */
export class ChannelNews {
  readonly #ports: NorthboundPorts;
  readonly #open = new Set<Follower>();
  #feed: PublicationFeed | undefined;

  constructor(ports: NorthboundPorts) {
    this.#ports = ports;
  }

  add(follower: Follower): void {
    this.#open.add(follower);
    this.#feed ??= new PublicationFeed(this.#ports, ({ channel }) => {
      for (const each of this.#open) if (each.channel === channel) each.wake();
    });
  }

  remove(follower: Follower): void {
    this.#open.delete(follower);
    if (this.#open.size > 0) return;
    this.#feed?.close();
    this.#feed = undefined;
  }
}

/** The channels that one manager's connection follows. */
export class FollowedChannels {
  readonly #following: Following;
  readonly #followers = new Map<ChannelName, Follower>();

  constructor(following: Following) {
    this.#following = following;
  }

  /** Of those that are followed. */
  get names(): readonly ChannelName[] {
    return [...this.#followers.keys()];
  }

  /** `begun` hears of it before anything is told. */
  async follow(
    asked: { readonly channel: string; readonly position: Position | undefined; readonly manager: Manager },
    begun: (followed: Followed) => void,
  ): Promise<Refusal | undefined> {
    const { ports, news } = this.#following;
    const channel = await findFollowed(ports, asked.channel, asked.manager);
    if (isRefusal(channel)) return channel;
    this.unfollow(channel.name);
    if (this.#followers.size >= MOST_CHANNELS) {
      return refuseFor("too-many-streams", `a connection follows ${MOST_CHANNELS} channels at most`, SOON_MS);
    }
    const at = asked.position ?? { epoch: channel.epoch, offset: channel.head };
    const follower = new Follower(channel, at, this.#following);
    this.#followers.set(channel.name, follower);
    news.add(follower);
    begun(follower.begin());
    return undefined;
  }

  /** Whether it was followed. */
  unfollow(text: string): boolean {
    const channel = channelName(text);
    const follower = channel === undefined ? undefined : this.#followers.get(channel);
    if (channel === undefined || follower === undefined) return false;
    this.#followers.delete(channel);
    this.#following.news.remove(follower);
    follower.end();
    return true;
  }

  close(): void {
    for (const channel of [...this.#followers.keys()]) this.unfollow(channel);
  }
}

/** One channel for one connection. What is told next is read from the store once what was told before has left. */
class Follower {
  readonly channel: ChannelName;
  readonly #following: Following;
  readonly #record: ChannelRecord;
  #at: Position;
  #isTelling = false;
  #isAsked = false;
  #isOver = false;

  constructor(record: ChannelRecord, at: Position, following: Following) {
    this.channel = record.name;
    this.#record = record;
    this.#at = at;
    this.#following = following;
  }

  begin(): Followed {
    const isRecovered = isRecoverable(this.#record, this.#at);
    queueMicrotask(() => this.wake());
    return { channel: this.channel, ...this.#at, isRecovered };
  }

  wake(): void {
    this.#isAsked = true;
    if (!this.#isTelling && !this.#isOver) void this.#tellWhileAsked();
  }

  end(): void {
    this.#isOver = true;
  }

  async #tellWhileAsked(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#isAsked && !this.#isOver) {
        this.#isAsked = false;
        await this.#tellNext();
      }
    } catch (error) {
      const { log, clock } = this.#following.ports;
      log.warn("a manager was not told of a publication yet", { error: asError(error) });
      clock.after(RETRY_MS, () => this.wake());
    }
    this.#isTelling = false;
  }

  async #tellNext(): Promise<void> {
    const { ports, tell } = this.#following;
    const next = await publicationsAfter(ports.store, {
      channel: this.channel,
      at: this.#at,
      limit: BATCH,
    });
    for (const [index, { epoch, offset, data }] of next.publications.entries()) {
      if (this.#isOver) return;
      const isState = !next.isWhole && index === 0;
      this.#at = { epoch, offset };
      await tell({ channel: this.channel, epoch, offset, isState, data });
    }
    this.#at = next.at;
    if (next.publications.length > 0) this.#isAsked = true;
  }
}

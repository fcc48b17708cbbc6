import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../ports/index.ts";
import type { Pace } from "../pace.ts";
import type { ManagerSaid, Message } from "./manager-language.ts";

export interface InboxMeans {
  readonly clock: Clock;
  /** Nothing more is read until `resume`. */
  readonly socket: { pause(): void; resume(): void };
  readonly read: (message: Message) => Iterable<ManagerSaid>;
  readonly hear: (said: ManagerSaid) => void;
  /** All that had come is read. */
  readonly onRead: () => void;
  /** Of the manager; undefined while nobody knows who it is. */
  readonly pace: () => Pace | undefined;
  readonly isClosed: () => boolean;
}

const SAID_IN_A_TURN = 20;

/** Messages of which not all is read: others have their turn in between, and whoever asks much waits for their own. */
export class Inbox {
  readonly #means: InboxMeans;
  readonly #messages: Message[] = [];
  /** Since others had their turn. */
  #said = 0;

  constructor(means: InboxMeans) {
    this.#means = means;
  }

  add(message: Message): void {
    this.#messages.push(message);
    if (this.#messages.length === 1) void this.#readOn();
  }

  async #readOn(): Promise<void> {
    const { read, hear, onRead, isClosed } = this.#means;
    for (let [message] = this.#messages; message !== undefined; [message] = this.#messages) {
      for (const said of read(message)) {
        if (isClosed()) return;
        const waitMs = this.#means.pace()?.take(turnsOf(said)) ?? 0;
        if (waitMs > 0) await this.#pause(this.#wait(waitMs));
        if (isClosed()) return;
        hear(said);
        this.#said += 1;
        if (this.#said >= SAID_IN_A_TURN) await this.#pause(nextTurn());
      }
      this.#messages.shift();
    }
    onRead();
  }

  async #pause(until: Promise<unknown>): Promise<void> {
    this.#means.socket.pause();
    await until;
    this.#said = 0;
    this.#means.socket.resume();
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#means.clock.after(waitMs, resolve);
    });
  }
}

/** Each question is one, also where several are said together, and whether or not it can be asked. */
function turnsOf(said: ManagerSaid): number {
  switch (said.type) {
    case "ask":
      return said.sends.length;
    case "nothing":
    case "receptive":
    case "connect":
    case "done":
    case "unreadable":
      return 0;
    default:
      return 1;
  }
}

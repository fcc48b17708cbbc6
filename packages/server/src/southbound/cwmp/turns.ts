import type { Socket } from "node:net";

/** Requests that may wait on one connection; no device sends many before the first is answered. */
const MOST_WAITING = 16;

interface Line {
  waiting: number;
  /** The turn of whoever came last. Never rejects. */
  last: Promise<void>;
}

/**
 * Has the requests of each connection served one after the other: HTTP answers them in that order anyway
 * [RFC 9112 9.3.2], and what the first is answered decides what the next means. A connection on which too many wait is cut.
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();

  /** Serves where everybody before on this connection was served. Rejects as `serve` does. */
  async take(socket: Socket, serve: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(socket) ?? { waiting: 0, last: Promise.resolve() };
    this.#lines.set(socket, line);
    if (line.waiting >= MOST_WAITING) {
      socket.destroy();
      return;
    }
    const turn = line.waiting === 0 ? serve() : line.last.then(serve);
    line.waiting += 1;
    const over = (): void => {
      line.waiting -= 1;
    };
    line.last = turn.then(over, over);
    await turn;
  }
}

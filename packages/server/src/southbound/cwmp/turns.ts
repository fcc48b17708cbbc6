import type { Socket } from "node:net";

/** Requests that may wait on one connection; no device sends many before the first is answered. */
const MOST_WAITING = 16;

interface Line {
  waiting: number;
  /** The turn of whoever came last; undefined where nobody came yet. */
  last: Promise<void> | undefined;
}

/**
 * Has the requests of each connection served one after the other: HTTP answers them in that order anyway
 * [RFC 9112 9.3.2], and what the first is answered decides what the next means. A connection on which too many wait is cut.
 */
export class Turns {
  /** Of the connections on which somebody waits. */
  readonly #lines = new Map<Socket, Line>();

  /** Serves where everybody before on this connection was served. Rejects as `serve` does. */
  take(socket: Socket, serve: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(socket) ?? this.#newLine(socket);
    if (line.waiting >= MOST_WAITING) {
      socket.destroy();
      return Promise.resolve();
    }
    // However the one before went.
    const turn = line.last === undefined ? serve() : line.last.then(serve, serve);
    line.waiting += 1;
    line.last = turn;
    const over = (): void => {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(socket);
    };
    turn.then(over, over);
    return turn;
  }

  #newLine(socket: Socket): Line {
    const line: Line = { waiting: 0, last: undefined };
    this.#lines.set(socket, line);
    return line;
  }
}

import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { SeededRandom } from "./seeded-random.ts";

/** `up` goes to the server behind the proxy, `down` comes from it. */
export type Direction = "up" | "down";

/** What goes wrong on one connection. */
export type TransportFault =
  /** Both sides are closed once exactly so many bytes arrived that way. */
  | { readonly type: "cut"; readonly direction: Direction; readonly afterBytes: number }
  /** Everything that goes that way comes so much later. */
  | { readonly type: "delay"; readonly direction: Direction; readonly ms: number }
  /** After so many bytes nothing goes that way any more, and nobody is told. */
  | { readonly type: "half-open"; readonly direction: Direction; readonly afterBytes: number }
  /** What goes up also goes up on a second connection, whose answers are dropped. */
  | { readonly type: "duplicate" };

export interface FaultyTransportOptions {
  readonly host?: string;
  /** The server's port. */
  readonly port: number;
}

/** A TCP proxy on loopback that fails as a test says, one script for each connection in the order they come. */
export class FaultyTransport implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #scripts: (readonly TransportFault[])[] = [];
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  constructor({ host = "127.0.0.1", port }: FaultyTransportOptions) {
    this.#target = { host, port };
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => resolve());
    });
    return this;
  }

  /** Where to connect in place of the server. */
  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is not open");
    return address.port;
  }

  /** Connections that came so far. */
  get connections(): number {
    return this.#connections;
  }

  /** The next connection without a script gets these faults; none are a script, too. */
  next(...faults: readonly TransportFault[]): void {
    this.#scripts.push(faults);
  }

  /** Closes all connections now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #serve(client: Socket): void {
    this.#connections += 1;
    const faults = this.#scripts.shift() ?? [];
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const cut = (): void => [client, server].forEach((socket) => socket.destroy());
    for (const socket of [client, server]) this.#keep(socket, cut);
    forward({ from: client, to: server, direction: "up", faults, cut });
    forward({ from: server, to: client, direction: "down", faults, cut });
    if (faults.some(({ type }) => type === "duplicate")) this.#duplicate(client);
  }

  #duplicate(client: Socket): void {
    const copy = connect(this.#target);
    this.#keep(copy, () => copy.destroy());
    copy.resume();
    client.on("data", (chunk) => copy.write(chunk));
    client.once("end", () => copy.end());
  }

  #keep(socket: Socket, cut: () => void): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("error", cut);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

interface Way {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly faults: readonly TransportFault[];
  readonly cut: () => void;
}

function forward({ from, to, direction, faults, cut }: Way): void {
  const cutAfter = limit("cut", direction, faults);
  const silentAfter = limit("half-open", direction, faults);
  const delayMs = faults.reduce((sum, fault) => sum + delayOf(fault, direction), 0);
  let passed = 0;
  const later = (action: () => void): void => {
    if (delayMs === 0) action();
    else setTimeout(action, delayMs);
  };
  from.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, Math.min(cutAfter, silentAfter) - passed));
    passed += part.length;
    const isCut = passed >= cutAfter;
    later(() => to.write(part, () => isCut && cut()));
  });
  from.once("end", () => {
    if (silentAfter === Infinity) later(() => to.end());
  });
}

function limit(type: "cut" | "half-open", direction: Direction, faults: readonly TransportFault[]): number {
  const limits = faults.map((fault) =>
    fault.type === type && fault.direction === direction ? fault.afterBytes : Infinity,
  );
  return Math.min(Infinity, ...limits);
}

function delayOf(fault: TransportFault, direction: Direction): number {
  return fault.type === "delay" && fault.direction === direction ? fault.ms : 0;
}

/** A fault of any kind, at a place that the seed decides, for what must stand all of them. */
export function anyFault(random: SeededRandom, maxBytes: number): TransportFault {
  const direction = random.fraction() < 0.5 ? "up" : "down";
  const afterBytes = random.integer(0, maxBytes);
  switch (random.integer(0, 3)) {
    case 0:
      return { type: "cut", direction, afterBytes };
    case 1:
      return { type: "half-open", direction, afterBytes };
    case 2:
      return { type: "delay", direction, ms: random.integer(1, 50) };
    default:
      return { type: "duplicate" };
  }
}

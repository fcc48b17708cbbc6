import type { DeviceKey } from "@heliograph/protocol";
import type { ConnectionId } from "../../ports/index.ts";
import type { Link } from "./link.ts";
import type { Transport } from "./transport.ts";

/** All light connections of this process, and the sockets that were told to close and have not yet. */
export class Connections {
  readonly #byId = new Map<ConnectionId, Link>();
  /** The newest last; there is more than one only until the engine has the older closed. */
  readonly #byDevice = new Map<DeviceKey, readonly Link[]>();
  readonly #parting = new Set<Transport>();
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];

  get size(): number {
    return this.#byId.size;
  }

  /** Open sockets, whatever they are good for. */
  get sockets(): number {
    return this.#byId.size + this.#parting.size;
  }

  get all(): readonly Link[] {
    return [...this.#byId.values()];
  }

  get parting(): readonly Transport[] {
    return [...this.#parting];
  }

  find(connection: ConnectionId): Link | undefined {
    return this.#byId.get(connection);
  }

  of(device: DeviceKey): readonly Link[] {
    return this.#byDevice.get(device) ?? [];
  }

  add(link: Link): void {
    const { connection, device } = link.owner;
    this.#byId.set(connection, link);
    this.#byDevice.set(device, [...this.of(device), link]);
  }

  /** The connection is over, and its socket is closing. */
  remove(link: Link): void {
    const { connection, device } = link.owner;
    this.#byId.delete(connection);
    const others = this.of(device).filter((other) => other !== link);
    if (others.length === 0) this.#byDevice.delete(device);
    else this.#byDevice.set(device, others);
    this.part(link.transport);
    this.settle();
  }

  /** A socket that carries no connection is closing. */
  part(transport: Transport): void {
    this.#parting.add(transport);
  }

  /** A socket is closed. */
  forget(transport: Transport): void {
    this.#parting.delete(transport);
    this.settle();
  }

  /** Resolves once no call is out and no request is being served. */
  whenQuiet(): Promise<void> {
    return this.#when(() => !this.all.some(({ isBusy }) => isBusy));
  }

  whenEmpty(): Promise<void> {
    return this.#when(() => this.sockets === 0);
  }

  /** Something that somebody may wait for is over. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const done = this.#waiting.filter(({ isDone }) => isDone());
    this.#waiting = this.#waiting.filter((waiting) => !done.includes(waiting));
    for (const { resolve } of done) resolve();
  }

  #when(isDone: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({
      isDone,
      resolve: () => {
        resolve(undefined);
      },
    });
    this.settle();
    return promise;
  }
}

import { isTransferKind, type ConnectionId, type InformEvent, type TransferKind } from "../ports/index.ts";

const MAX_CONNECTIONS = 10_000;

/**
 * Which transfers the `M` events of a connection's last Inform speak of: a report that follows on it is of one of them. What
 * is forgotten costs no more than that a report without a CommandKey may be nobody's.
 */
export class ToldKinds {
  readonly #kinds = new Map<ConnectionId, readonly TransferKind[]>();

  note(connection: ConnectionId, events: readonly InformEvent[]): void {
    const methods = events.map(({ code }) => code.replace(/^M /, ""));
    const kinds = methods.filter(isTransferKind);
    this.#kinds.delete(connection);
    if (kinds.length === 0) return;
    this.#kinds.set(connection, kinds);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > MAX_CONNECTIONS && oldest !== undefined) this.#kinds.delete(oldest);
  }

  of(connection: ConnectionId): readonly TransferKind[] {
    return this.#kinds.get(connection) ?? [];
  }
}

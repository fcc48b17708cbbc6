import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  BusClosedError,
  isEnd,
  RequestTimedOutError,
  subjects,
  type AcceptAllAsk,
  type OperationId,
  type OperationRecord,
  type Subscription,
  type Timer,
} from "../../ports/index.ts";
import { acceptRefusal } from "../accept-refusal.ts";
import type { Manager } from "../authentication.ts";
import { ACCEPT_MS, newOperationId } from "../carry-out.ts";
import { refusalOfFailure } from "../failure.ts";
import type { Refusal } from "../refusal.ts";
import type { NorthboundPorts } from "../settings.ts";
import type { Group } from "./groups.ts";

/** Nothing of what was asked together is stored. */
export interface NotAccepted {
  readonly refusal: Refusal;
  /** Whose group it was; undefined where it was nobody's in particular. */
  readonly device: DeviceKey | undefined;
}

export interface Asking {
  readonly groups: readonly Group[];
  /** Who asks. */
  readonly manager: Manager;
  /** Is given each group with its operation once that has ended. */
  readonly onEnded: (group: Group, operation: OperationRecord) => void;
}

/** Ends are told over the bus, which may lose one: so it is looked for, too. */
const LOOK_MS = 30_000;

/** A group whose operation has not ended. */
interface Watch {
  readonly group: Group;
  readonly operation: OperationId;
  readonly onEnded: Asking["onEnded"];
  readonly subscription: Subscription;
}

/** Where the questions of one manager's connection become operations, which are watched until they end. */
export class Desk {
  readonly #ports: NorthboundPorts;
  readonly #watches = new Set<Watch>();
  #timer: Timer | undefined;

  constructor(ports: NorthboundPorts) {
    this.#ports = ports;
    this.#look();
  }

  /** Has all groups stored in one commit, or none. Listens before it asks, so that no end is missed. */
  async ask({ groups, manager, onEnded }: Asking): Promise<NotAccepted | undefined> {
    const watches = groups.map((group) =>
      this.#watch({ group, operation: newOperationId(this.#ports.random), onEnded }),
    );
    const operations = watches.map(({ group, operation }) => operationOf(group, operation, manager));
    const reply = await this.#accept({ operations });
    if ("refusal" in reply) {
      for (const watch of watches) this.#unwatch(watch);
      return reply;
    }
    for (const [index, watch] of watches.entries()) this.#watchFirst(watch, reply[index]?.id);
    return undefined;
  }

  /** Hears of no more ends. */
  close(): void {
    this.#timer?.cancel();
    for (const watch of this.#watches) this.#unwatch(watch);
  }

  /** What was asked for before goes under its first id, and may have ended long ago. */
  #watchFirst(watch: Watch, first = watch.operation): void {
    if (first === watch.operation) return;
    this.#unwatch(watch);
    void this.#lookAt(this.#watch({ ...watch, operation: first }));
  }

  async #accept(ask: AcceptAllAsk): Promise<readonly OperationRecord[] | NotAccepted> {
    const { bus } = this.#ports;
    try {
      const reply = await bus.request(subjects.acceptAll, ask, { timeoutMs: ACCEPT_MS });
      if (reply.type === "accepted") return reply.operations;
      const { device, reason, detail } = reply;
      return { device, refusal: acceptRefusal(reason, detail, device) };
    } catch (error) {
      const isUncertain = error instanceof RequestTimedOutError || error instanceof BusClosedError;
      const stored = isUncertain ? await this.#stored(ask) : [];
      if (stored.length > 0) return stored;
      const refusal = refusalOfFailure(error);
      if (refusal === undefined) throw error;
      return { device: undefined, refusal };
    }
  }

  /** All or none of them are there. */
  async #stored({ operations }: AcceptAllAsk): Promise<readonly OperationRecord[]> {
    const found = await Promise.all(operations.map(({ id }) => this.#ports.store.operation(id)));
    return found.filter((operation) => operation !== undefined);
  }

  #watch({ group, operation, onEnded }: Omit<Watch, "subscription">): Watch {
    const subscription = this.#ports.bus.subscribe(subjects.operationChanges(operation), ({ state }) => {
      if (isEnd(state)) void this.#lookAt(watch);
    });
    const watch = { group, operation, onEnded, subscription };
    this.#watches.add(watch);
    return watch;
  }

  #unwatch(watch: Watch): void {
    watch.subscription.unsubscribe();
    this.#watches.delete(watch);
  }

  async #lookAt(watch: Watch): Promise<void> {
    try {
      const operation = await this.#ports.store.operation(watch.operation);
      if (operation?.endedAt === undefined || !this.#watches.has(watch)) return;
      this.#unwatch(watch);
      watch.onEnded(watch.group, operation);
    } catch (error) {
      const fields = { operation: watch.operation, error: asError(error) };
      this.#ports.log.warn("a manager could not be told of an end", fields);
    }
  }

  #look(): void {
    this.#timer = this.#ports.clock.after(LOOK_MS, () => {
      this.#look();
      for (const watch of this.#watches) void this.#lookAt(watch);
    });
  }
}

/** Given up when the first of its questions is. */
function operationOf(
  { device, rpcs, members }: Group,
  id: OperationId,
  { name, authority }: Manager,
): AcceptAllAsk["operations"][number] {
  const times = members.flatMap(({ question: { expiresAt } }) =>
    expiresAt === undefined ? [] : [expiresAt],
  );
  const [key] = members.flatMap(({ question: { idempotencyKey } }) => idempotencyKey ?? []);
  return {
    id,
    device,
    rpcs,
    manager: name,
    ...(authority === undefined ? {} : { authority }),
    ...(times.length === 0 ? {} : { expiresAt: Math.min(...times) }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

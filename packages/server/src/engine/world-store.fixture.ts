import assert from "node:assert/strict";
import type {
  CallId,
  ClaimCall,
  ConnectionId,
  DeviceConnection,
  OperationEnd,
  OperationRecord,
  Pair,
} from "../ports/index.ts";
import type { Change } from "./state.ts";

export interface OpenConnection {
  readonly id: ConnectionId;
  readonly generation: number;
  readonly transport: DeviceConnection["transport"];
}

type Id = OperationRecord["id"];

/** One device's row and operations as a store keeps them. Fails where a store would not hold a commit. */
export class WorldStore {
  readonly #operations = new Map<Id, OperationRecord>();
  #current: OpenConnection | undefined;
  /** The one that was opened last, whether it is open or not: a row names it until another is. */
  #last: OpenConnection | undefined;
  lapsed = false;
  /** Whether the device that is connected keeps its answers, so that a call may leave again with its id. */
  keepsAnswers = false;

  /** The connection that is the device's, while it is open. */
  get current(): OpenConnection | undefined {
    return this.#current;
  }

  set current(connection: OpenConnection | undefined) {
    this.#current = connection;
    if (connection !== undefined) this.#last = connection;
  }

  /** In sequence. */
  get open(): readonly OperationRecord[] {
    return [...this.#operations.values()].filter(({ endedAt }) => endedAt === undefined);
  }

  keep(operation: OperationRecord): void {
    this.#operations.set(operation.id, operation);
  }

  commit({ type, change }: Change): void {
    switch (type) {
      case "claim-call":
        this.#claim(change);
        return;
      case "release-call":
        this.keep(queued(this.#claimed(change.operation, change.callId)));
        return;
      case "record-outcome":
        this.#assertHeld(change, this.#last);
        this.#end(this.#claimed(change.operation, change.callId), change.end);
        return;
      case "end-operation": {
        const operation = this.#known(change.operation);
        assert.equal(operation.state, change.from);
        this.#end(operation, change.end);
        return;
      }
      case "lapse-device":
        assert.notEqual(this.current?.transport, "light");
        this.lapsed = true;
        return;
      default:
    }
  }

  #claim({ operation: id, claim }: ClaimCall): void {
    const operation = this.#known(id);
    this.#assertHeld(claim);
    const isAgain = operation.claim?.callId === claim.callId && this.keepsAnswers;
    assert.ok(isAgain || operation.state === "queued", "only what waits is claimed");
    const earlier = this.open.filter(({ sequence }) => sequence < operation.sequence);
    assert.ok(
      earlier.every(({ reads }) => reads && operation.reads),
      "nothing passes a write, and a write passes nothing",
    );
    this.keep({ ...operation, state: "running", claim, attempts: operation.attempts + 1 });
  }

  #end(operation: OperationRecord, end: OperationEnd | undefined): void {
    assert.ok(end !== undefined, "the operations of the world hold one RPC");
    this.keep({ ...queued(operation), state: end.state, endedAt: end.at });
  }

  #assertHeld({ connection, generation }: Pair, known = this.#current): void {
    assert.ok(connection === known?.id && generation === known.generation, "the pair is the device's");
  }

  #claimed(id: Id, call: CallId): OperationRecord {
    const operation = this.#known(id);
    assert.equal(operation.claim?.callId, call);
    return operation;
  }

  #known(id: Id): OperationRecord {
    const operation = this.#operations.get(id);
    assert.ok(operation !== undefined && operation.endedAt === undefined, "the operation is open");
    return operation;
  }
}

function queued({ claim: _, ...operation }: OperationRecord): OperationRecord {
  return { ...operation, state: "queued" };
}

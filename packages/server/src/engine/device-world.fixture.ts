import assert from "node:assert/strict";
import { deviceRpc } from "@heliograph/protocol";
import {
  callId,
  connectionId,
  gatewayId,
  type CallId,
  type CallOutcome,
  type ConnectionId,
  type DeviceConnection,
  type OperationRecord,
} from "../ports/index.ts";
import { decide, nextTime } from "./device.ts";
import { aDevice, anOperation, asleep, at, idOfNumber } from "./device.fixture.ts";
import { currentCall } from "./operation.ts";
import { isIdle, type DeviceEffect, type DeviceInput, type DeviceState } from "./state.ts";
import { WorldStore, type OpenConnection } from "./world-store.fixture.ts";

/** What may happen around a device; numbers choose among what there is. */
export type WorldStep =
  | { readonly type: "accept"; readonly method: string }
  | { readonly type: Happening }
  | { readonly type: "attach"; readonly maxInFlight: number; readonly replayWindow: number }
  | { readonly type: "return"; readonly which: number; readonly how: CallOutcome["type"] }
  | { readonly type: "answer-late"; readonly which: number }
  | { readonly type: "pass"; readonly seconds: number };

type Happening = "connect" | "disconnect" | "session" | "ask" | "hang-up" | "rotate" | "boot" | "restart";

const OK: CallOutcome = { type: "answered", outcome: { result: {} } };
const OUTCOMES: Readonly<Record<CallOutcome["type"], CallOutcome>> = {
  answered: OK,
  "not-sent": { type: "not-sent" },
  "no-answer": { type: "no-answer", detail: "no answer within 60 s" },
};
const CUT: CallOutcome = { type: "no-answer", detail: "cut", owed: true };

interface Sent {
  readonly callId: CallId;
  readonly connection: ConnectionId;
  readonly operation: OperationRecord["id"] | undefined;
}

/**
 * A device with its gateways and its row in the store, in plain code. It performs what is decided, and fails where the store
 * would refuse a commit, where the device is sent more than it takes, or where what must not run twice leaves twice.
 */
export class DeviceWorld {
  #state: DeviceState = asleep;
  #now = at(0);
  readonly #store = new WorldStore();
  /** The ids under which each operation's current RPC may have reached the device. */
  readonly #reached = new Map<OperationRecord["id"], Set<CallId>>();
  /** Calls that a gateway holds, and those whose answer the device may still owe. */
  #out: Sent[] = [];
  #owed: Sent[] = [];
  /** What gateways say of connections that ended, and has not come yet. */
  #late: DeviceInput[] = [];
  /** An engine that started has not looked at the device yet. */
  #isResumed = true;
  /** A session that is open, whether it is the device's or not. */
  #session: OpenConnection | undefined;
  /** Its gateway was told that there is nothing to call. */
  #rests = false;
  #generation = 0;
  #maxInFlight = 0;
  #count = 0;

  readonly #happenings: Readonly<Record<Happening, () => void>> = {
    connect: () => {
      this.#connect();
    },
    disconnect: () => {
      this.#disconnect();
    },
    session: () => {
      this.#openSession();
    },
    ask: () => {
      this.#ask();
    },
    "hang-up": () => {
      this.#hangUp();
    },
    rotate: () => {
      this.#decide({ type: "rotated", now: this.#now });
    },
    boot: () => {
      this.#boot();
    },
    restart: () => {
      this.#restart();
    },
  };

  /** `lapsed`: its sessions are served from the start. */
  constructor(lapsed: boolean) {
    this.#store.lapsed = lapsed;
  }

  get open(): readonly OperationRecord[] {
    return this.#store.open;
  }

  take(step: WorldStep): void {
    this.#now += 1;
    switch (step.type) {
      case "accept":
        this.#accept(step.method);
        return;
      case "attach":
        this.#attach(step);
        return;
      case "return":
        this.#return(step.which, step.how);
        return;
      case "answer-late":
        this.#answerLate(step.which);
        return;
      case "pass":
        this.#pass(this.#now + step.seconds * 1_000);
        return;
      default:
        this.#happenings[step.type]();
    }
  }

  /** A device that comes back, stays, and answers all it is asked. */
  settle(): void {
    this.#hangUp();
    this.#connect();
    this.#attach({ maxInFlight: 4, replayWindow: 0 });
    for (let turn = 0; turn < 200 && this.open.length > 0; turn += 1) {
      if (this.#out.length > 0) this.#return(0, "answered");
      else this.#pass(this.#now + 60_000);
    }
  }

  #accept(method: string): void {
    this.#count += 1;
    const reads = deviceRpc(method)?.reads === true;
    const id = idOfNumber(this.#count);
    const times = { createdAt: this.#now, expiresAt: at(1_000_000) };
    const operation = anOperation(method, { id, sequence: this.#count, reads, ...times });
    this.#store.keep(operation);
    this.#decide({ type: "accepted", now: this.#now, operation });
  }

  #connect(): void {
    const before = this.#store.current;
    const connection = this.#next("light");
    const replaced = before?.transport === "light" ? { replaced: this.#row(before) } : {};
    this.#store.lapsed = false;
    this.#decide({
      type: "connected",
      now: this.#now,
      connection: connection.id,
      generation: connection.generation,
      gateway: gatewayId("g"),
      owedMs: 60_000,
      device: this.#device(),
      operations: this.open,
      ...replaced,
    });
    if (before?.transport === "light") this.#end(before);
  }

  #attach(limits: { readonly maxInFlight: number; readonly replayWindow: number }): void {
    if (this.#store.current?.transport !== "light") return;
    const { maxInFlight, replayWindow } = limits;
    this.#maxInFlight = maxInFlight;
    this.#store.keepsAnswers = replayWindow > 0;
    const { id: connection, generation } = this.#store.current;
    this.#decide({ type: "attached", now: this.#now, connection, generation, maxInFlight, replayWindow });
  }

  #disconnect(): void {
    const gone = this.#store.current;
    if (gone?.transport !== "light") return;
    this.#store.current = undefined;
    this.#end(gone);
  }

  /** The gateway tells of a light connection's end, and of each call that was out on it that its answer may be owed. */
  #end({ id: connection, generation }: OpenConnection): void {
    for (const { callId: id } of this.#lose(connection)) {
      const ended = { callId: id, outcome: CUT };
      this.#late.push({ type: "returned", now: this.#now, connection, generation, ended });
    }
    this.#decide({ type: "closed", now: this.#now, connection, generation });
  }

  #hear(): void {
    for (const input of this.#late.splice(0)) this.#decide(input);
  }

  #lose(connection: ConnectionId): readonly Sent[] {
    const owed = this.#out.filter((sent) => sent.connection === connection);
    this.#out = this.#out.filter((sent) => sent.connection !== connection);
    this.#owed.push(...owed);
    return owed;
  }

  /** The engine stops and starts again, and the gateways with it. */
  #restart(): void {
    for (const { connection } of this.#out) this.#lose(connection);
    this.#late = [];
    this.#store.current = undefined;
    this.#session = undefined;
    this.#isResumed = false;
    this.#state = { ...asleep, queue: this.open, attaches: !this.#store.lapsed };
  }

  #openSession(): void {
    this.#hangUp();
    if (this.#store.current?.transport === "light") return;
    this.#session = this.#next("classic");
    const { id: connection, generation } = this.#session;
    const offer = { url: "wss://acs.example/light", subprotocol: "cwmp.json", byParameter: false };
    const told = { events: [], offer, graceMs: 30_000, operations: this.open, device: this.#device() };
    this.#decide({
      type: "opened",
      now: this.#now,
      connection,
      generation,
      gateway: gatewayId("g"),
      ...told,
    });
    const opened = this.#state.connection;
    this.#rests = opened?.transport === "classic" && opened.resting !== undefined;
  }

  /** The device answers what it was asked in its session, and may be asked more. */
  #ask(): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#rests) {
      this.#hangUp();
      return;
    }
    const out = this.#out.find(({ connection }) => connection === session.id);
    this.#out = this.#out.filter((sent) => sent !== out);
    const { id: connection, generation } = session;
    const ended = out === undefined ? {} : { ended: { callId: out.callId, outcome: OK } };
    this.#decide({ type: "ready", now: this.#now, connection, generation, ...ended });
    if (!this.#out.some((sent) => sent.connection === connection)) this.#hangUp();
  }

  #hangUp(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    if (this.#store.current?.id === session.id) this.#store.current = undefined;
    this.#out = this.#out.filter(({ connection }) => connection !== session.id);
    this.#decide({ type: "closed", now: this.#now, connection: session.id, generation: session.generation });
  }

  #boot(): void {
    if (this.#store.current?.transport !== "light") return;
    this.#decide({ type: "informed", now: this.#now, events: [{ code: "1 BOOT", commandKey: "" }] });
  }

  #return(which: number, how: CallOutcome["type"]): void {
    this.#hear();
    const calls = this.#out.filter(({ connection }) => connection !== this.#session?.id);
    const sent = calls[which % Math.max(1, calls.length)];
    if (sent === undefined) return;
    this.#out = this.#out.filter((other) => other !== sent);
    if (how === "not-sent" && sent.operation !== undefined)
      this.#reached.get(sent.operation)?.delete(sent.callId);
    const generation = this.#store.current?.generation ?? 0;
    const ended = { callId: sent.callId, outcome: OUTCOMES[how] };
    this.#decide({ type: "returned", now: this.#now, connection: sent.connection, generation, ended });
  }

  #answerLate(which: number): void {
    const sent = this.#owed[which % Math.max(1, this.#owed.length)];
    if (sent === undefined || this.#store.current?.transport !== "light") return;
    this.#owed = this.#owed.filter((other) => other !== sent);
    const { id, generation } = this.#store.current;
    // Where the call left again with its id, the answer that comes on this connection is that call's own.
    const isOut = this.#out.some(({ callId: out }) => out === sent.callId);
    const connection = isOut ? sent.connection : id;
    const ended = { callId: sent.callId, outcome: OK };
    this.#decide({ type: "returned", now: this.#now, connection, generation, ended });
  }

  /** Time passes as the loop lets it: each moment that is waited for is told. */
  #pass(until: number): void {
    this.#hear();
    if (!this.#isResumed) this.#decide({ type: "resumed", now: this.#now });
    this.#isResumed = true;
    for (let due = nextTime(this.#state); due !== undefined && due <= until; due = nextTime(this.#state)) {
      this.#now = Math.max(this.#now, due);
      const before = this.#state;
      this.#decide({ type: "time", now: this.#now });
      assert.notEqual(nextTime(this.#state), nextTime(before), "a moment that is waited for passes");
    }
    this.#now = until;
  }

  #decide(input: DeviceInput): void {
    this.#count += 1;
    const { state, effects } = decide(this.#state, input, callId(`call-${this.#count}`));
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (isIdle(this.#state)) this.#state = { ...asleep, attaches: !this.#store.lapsed };
  }

  #perform(effect: DeviceEffect): void {
    switch (effect.type) {
      case "commit":
        this.#store.commit(effect.change);
        return;
      case "call":
      case "send-credentials":
        this.#send(effect.callId, effect.way);
        return;
      case "rouse":
        assert.equal(effect.connection, this.#session?.id, "the gateway of the device's session is roused");
        this.#rests = false;
        return;
      case "wake":
        this.#decide({
          type: "woken",
          now: this.#now,
          outcome: { at: this.#now, result: "accepted", detail: "200" },
        });
        return;
      default:
    }
  }

  #send(id: CallId, way: Extract<DeviceEffect, { type: "call" }>["way"]): void {
    const connection = way === "reply" ? this.#session?.id : way.id;
    assert.ok(
      connection !== undefined && connection === this.#store.current?.id,
      "calls leave on the device's connection",
    );
    const operation = this.open.find(({ claim }) => claim?.callId === id);
    this.#out.push({ callId: id, connection, operation: operation?.id });
    assert.ok(this.#out.length <= (way === "reply" ? 1 : this.#maxInFlight), "no more than the device takes");
    assert.ok(
      this.#out.every((sent) => sent.connection === connection),
      "what is out on a session is settled before the first call on the socket",
    );
    if (operation === undefined) return;
    const reached = this.#reached.get(operation.id) ?? new Set();
    reached.add(id);
    this.#reached.set(operation.id, reached);
    const definition = deviceRpc(currentCall(operation)?.method ?? "");
    if (definition === undefined || definition.resend === "never") {
      assert.equal(reached.size, 1, "what must not run twice leaves under one id");
    }
  }

  #device() {
    return aDevice({ light: { subprotocol: "cwmp.json", lapsed: this.#store.lapsed } });
  }

  #next(transport: DeviceConnection["transport"]): OpenConnection {
    this.#generation += 1;
    this.#store.current = {
      id: connectionId(`${transport}-${this.#generation}`),
      generation: this.#generation,
      transport,
    };
    return this.#store.current;
  }

  #row({ id, transport }: OpenConnection): DeviceConnection {
    const { connection } = aDevice();
    assert.ok(connection !== undefined);
    return { ...connection, id, transport };
  }
}

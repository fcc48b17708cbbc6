import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { TestContext } from "node:test";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { secretKeyVault } from "../main/secret-key.ts";
import { systemRandom } from "../main/system-random.ts";
import {
  connectionId,
  engineId,
  gatewayId,
  operationId,
  quirkBook,
  subjects,
  type AnnounceReply,
  type Announcement,
  type Bus,
  type CallOutcome,
  type ConnectionId,
  type DeviceCall,
  type EndedCall,
  type NextReply,
  type OperationId,
  type OperationRecord,
  type RpcAsk,
  type RpcReply,
  type Store,
  type TokenMinter,
  type WakeOutcome,
} from "../ports/index.ts";
import { openSqliteStore, type SqliteStore } from "../store/sqlite.ts";
import { key } from "./device.fixture.ts";
import { startEngine, type Engine, type EngineSettings } from "./engine.ts";
import { untilState } from "./until-state.fixture.ts";

export const SETTINGS: EngineSettings = {
  lightGraceMs: 30_000,
  callTimeoutMs: 60_000,
  maxOpenOperations: 3,
  defaultExpiryMs: 3_600_000,
  maxRpcs: 4,
  transferMs: 3_600_000,
  isAlone: true,
  retention: { eventsMs: 1e12, maxEvents: 1e9, operationsMs: 1e12, auditMs: 1e12 },
};
export const get: DeviceCall = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo."] },
};
export const reboot: DeviceCall = { method: "Reboot", params: { CommandKey: "k" } };

/** What engines and gateways stand on. */
export interface Ground {
  readonly bus: Bus;
  readonly clock: VirtualClock;
  readonly store: Store;
}

/** An engine on a real store and bus, a device that is approved, and connection requests that go as the test says. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly bus = memoryBus({ clock: this.clock, onError: assert.ifError });
  readonly store: SqliteStore;
  engine: Engine;
  wakes = 0;
  wakeOutcome: Omit<WakeOutcome, "at"> = { result: "accepted", detail: "200" };
  readonly vault = { ...secretKeyVault("00".repeat(32)) };
  /** What an operator is told; a test that expects nothing of the kind leaves it undefined. */
  errors: string[] | undefined;
  #connections = 0;

  private constructor(store: SqliteStore, engine: Engine) {
    this.store = store;
    this.engine = engine;
  }

  static async open(t: TestContext): Promise<Bench> {
    const directory = tempDir();
    const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
    const idle: Engine = {
      id: engineId("none"),
      whileKeeper: () => undefined,
      close: () => Promise.resolve(),
    };
    const bench = new Bench(store, idle);
    bench.bus.serve(subjects.wake, () => {
      bench.wakes += 1;
      return Promise.resolve({ at: bench.clock.now(), ...bench.wakeOutcome });
    });
    await bench.enrol();
    await bench.start();
    t.after(async () => {
      await bench.engine.close();
      await bench.bus.close();
      await store.close();
      directory[Symbol.dispose]();
    });
    return bench;
  }

  async enrol(): Promise<void> {
    const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" };
    const limits = { maxWaiting: 10, maxWaitingPerAddress: 10 };
    const at = this.clock.now();
    const enrolled = {
      key,
      deviceId,
      approval: "approved",
      by: "open-enrolment",
      address: "127.0.0.1",
      at,
    } as const;
    await this.store.commit("enrol-device", { ...enrolled, ...limits, events: [] });
    await this.store.commit("stage-credentials", { device: key, sealed: "s" });
    await this.store.commit("confirm-credentials", { device: key, staged: "s", sealed: "c", at, events: [] });
  }

  async start(): Promise<void> {
    const { bus, store, clock, vault } = this;
    const error = (event: string): void => {
      if (this.errors === undefined) unexpected(event);
      this.errors.push(event);
    };
    const log = { info: () => undefined, warn: unexpected, error };
    const ports = {
      bus,
      store,
      clock,
      random: systemRandom,
      log,
      vault,
      tokens: readableTokens,
      urls: {
        download: () => Promise.resolve(undefined),
        upload: () => ({ url: "http://acs.example/uploads/1/t" }),
      },
      quirks: quirkBook([]),
    };
    this.engine = await startEngine(ports, SETTINGS);
  }

  ask(rpcs: readonly DeviceCall[], more: Partial<RpcAsk> = {}): Promise<RpcReply> {
    const id = anOperationId();
    const message = { id, rpcs, manager: "tester", waitMs: 0, ...more };
    return this.bus.request(subjects.rpc(key), message, { timeoutMs: 60_000 });
  }

  async accepted(rpcs: readonly DeviceCall[], more: Partial<RpcAsk> = {}): Promise<OperationRecord> {
    const reply = await this.ask(rpcs, more);
    assert.ok(reply.type === "operation");
    return reply.operation;
  }

  /** A device's Inform; gives what the gateway then asks on its connection. */
  async inform(
    events: Announcement["events"] = [],
    more: Pick<Announcement, "offer"> = {},
  ): Promise<Session> {
    const { connection, reply } = await this.announce({ events, ...more });
    assert.ok(reply.type === "owned");
    return this.#session(reply, connection);
  }

  /** A device's Inform, as its gateway announces it. */
  async announce(
    more: Partial<Announcement>,
  ): Promise<{ readonly connection: ConnectionId; readonly reply: AnnounceReply }> {
    this.#connections += 1;
    const connection = connectionId(`c${this.#connections}`);
    const known = await this.store.device(key);
    const announcement: Announcement = {
      device: key,
      deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" },
      connection,
      gateway: gatewayId("g"),
      credentialVersion: known?.credentialVersion ?? 0,
      address: "127.0.0.1",
      at: this.clock.now(),
      events: [],
      parameters: { "Device.DeviceInfo.": { SoftwareVersion: "1" } },
      style: { namespace: "urn:dslforum-org:cwmp-1-0", declaration: true },
      ...more,
    };
    const reply = await this.bus.request(subjects.announce, announcement, { timeoutMs: 10_000 });
    return { connection, reply };
  }

  #session(
    { engine, generation }: Extract<AnnounceReply, { type: "owned" | "noted" }>,
    connection: ConnectionId,
  ): Session {
    const named = { device: key, connection, generation };
    return {
      next: (ended) =>
        this.bus.request(
          subjects.next(engine),
          { ...named, ...(ended === undefined ? {} : { ended }) },
          { timeoutMs: 10_000 },
        ),
      close: (ended) => {
        this.bus.publish(subjects.closed(engine), { ...named, ...(ended === undefined ? {} : { ended }) });
      },
    };
  }

  /** Resolves once what was on its way to the store is there, and what came of it. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await this.store.commit("move-relay", { position: 0 });
      await setImmediate();
    }
  }

  /** Resolves once the operation is in this state. */
  until(id: OperationId, state: OperationRecord["state"]): Promise<OperationRecord> {
    return untilState(this, id, state);
  }
}

export interface Session {
  next(ended?: EndedCall): Promise<NextReply>;
  close(ended?: EndedCall): void;
}

/** Nothing goes wrong in these tests that an operator would have to be told of. */
function unexpected(event: string): never {
  throw new Error(`logged: ${event}`);
}

export function anOperationId(): OperationId {
  const id = operationId(systemRandom.hex(16));
  assert.ok(id !== undefined);
  return id;
}

export function answered(reply: NextReply, outcome: CallOutcome): EndedCall {
  assert.ok(reply.type === "call");
  return { callId: reply.call.callId, outcome };
}

/** Tokens that say what is in them. */
export const readableTokens: TokenMinter = { mint: (claims) => Promise.resolve(JSON.stringify(claims)) };

export const ok: CallOutcome = { type: "answered", outcome: { result: {} } };
export const silent: CallOutcome = { type: "no-answer", detail: "the link broke" };

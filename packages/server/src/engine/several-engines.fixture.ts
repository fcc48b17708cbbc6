import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { TestContext } from "node:test";
import { deviceKey, type DeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { secretKeyVault } from "../main/secret-key.ts";
import { systemRandom } from "../main/system-random.ts";
import {
  connectionId,
  gatewayId,
  quirkBook,
  RequestTimedOutError,
  subjects,
  type AnnounceReply,
  type Announcement,
  type Bus,
  type ConnectionId,
  type DeviceCall,
  type EngineId,
  type NextAsk,
  type NextReply,
  type OperationId,
  type OperationRecord,
  type RpcAsk,
} from "../ports/index.ts";
import { openSqliteStore, type SqliteStore } from "../store/sqlite.ts";
import { key } from "./device.fixture.ts";
import { anOperationId, readableTokens, SETTINGS, type Ground } from "./engine-bench.fixture.ts";
import { EngineLink } from "./engine-link.fixture.ts";
import { startEngine, type Engine } from "./engine.ts";
import { untilState } from "./until-state.fixture.ts";

const PATIENCE = { timeoutMs: 60_000 };

export interface Member {
  readonly engine: Engine;
  readonly link: EngineLink;
}

/** Engines on one store and one bus, each with its own link to the bus and to time; and a device that is approved. */
export class SeveralEngines implements Ground {
  readonly clock = new VirtualClock();
  readonly #carrier = memoryBus({ clock: this.clock, onError: assert.ifError });
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly bus: Bus = {
    ...methodsOf(this.#carrier),
    request: (subject, message, options) => {
      this.asked.push(subject);
      return this.#carrier.request(subject, message, options);
    },
  };
  readonly store: SqliteStore;
  readonly members: Member[] = [];
  /** Who was sent a connection request. */
  readonly woken: DeviceKey[] = [];
  #connections = 0;

  private constructor(store: SqliteStore) {
    this.store = store;
  }

  static async open(t: TestContext, count: number): Promise<SeveralEngines> {
    const directory = tempDir();
    const store = await openSqliteStore({ path: directory.file("heliograph.db") });
    const engines = new SeveralEngines(store);
    engines.bus.serve(subjects.wake, ({ device }) => {
      engines.woken.push(device);
      return Promise.resolve({ at: engines.clock.now(), result: "accepted", detail: "200" });
    });
    t.after(async () => {
      for (const { link } of engines.members) link.goOn();
      for (const { engine } of engines.members) await engine.close();
      await engines.#carrier.close();
      await store.close();
      directory[Symbol.dispose]();
    });
    await engines.enrol("1");
    for (let number = 0; number < count; number += 1) await engines.start();
    return engines;
  }

  async enrol(serialNumber: string): Promise<DeviceKey> {
    const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: serialNumber };
    const device = deviceKey(deviceId);
    assert.ok(device !== undefined);
    const at = this.clock.now();
    const enrolled = { key: device, deviceId, approval: "approved", by: "open-enrolment" } as const;
    const limits = { maxWaiting: 10, maxWaitingPerAddress: 10 };
    await this.store.commit("enrol-device", { ...enrolled, ...limits, address: "127.0.0.1", at, events: [] });
    await this.store.commit("stage-credentials", { device, sealed: "s" });
    await this.store.commit("confirm-credentials", { device, staged: "s", sealed: "c", at, events: [] });
    return device;
  }

  async start(): Promise<Member> {
    const { clock, store } = this;
    const link = new EngineLink({ bus: this.bus, clock });
    const ports = {
      ...{ bus: link.bus, clock: link.clock, store, random: systemRandom, tokens: readableTokens },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      vault: { ...secretKeyVault("00".repeat(32)) },
      urls: { download: () => Promise.resolve(undefined), upload: () => ({ url: "http://acs.example/u" }) },
      quirks: quirkBook([]),
    };
    const engine = await startEngine(ports, { ...SETTINGS, isAlone: false });
    const member = { engine, link };
    this.members.push(member);
    return member;
  }

  member(id: EngineId): Member {
    const found = this.members.find(({ engine }) => engine.id === id);
    assert.ok(found !== undefined);
    return found;
  }

  other(than: Member): Member {
    const found = this.members.find((member) => member !== than);
    assert.ok(found !== undefined);
    return found;
  }

  /** Whose connection the device has. */
  async owner(device: DeviceKey = key): Promise<Member> {
    const engine = (await this.store.device(device))?.connection?.engine;
    assert.ok(engine !== undefined);
    return this.member(engine);
  }

  /** Kills one; nobody closes it later. */
  kill(member: Member): void {
    member.link.kill();
    this.members.splice(this.members.indexOf(member), 1);
  }

  async ask(rpcs: readonly DeviceCall[], more: Partial<RpcAsk & { device: DeviceKey }> = {}) {
    const { device = key, ...rest } = more;
    const ask = { id: anOperationId(), rpcs, manager: "tester", waitMs: 0, ...rest };
    const reply = await this.bus.request(subjects.rpc(device), ask, PATIENCE);
    assert.ok(reply.type === "operation", JSON.stringify(reply));
    return reply.operation;
  }

  /** A device's Inform; any engine takes it. */
  async inform(
    device: DeviceKey = key,
    events: Announcement["events"] = [],
    more: Pick<Announcement, "offer"> = {},
  ): Promise<ClassicSession> {
    this.#connections += 1;
    const connection = connectionId(`c${this.#connections}`);
    const known = await this.store.device(device);
    assert.ok(known !== undefined);
    const announcement: Announcement = {
      ...{ device, deviceId: known.deviceId, connection, gateway: gatewayId("g"), events },
      credentialVersion: known.credentialVersion,
      address: "127.0.0.1",
      at: this.clock.now(),
      parameters: { "Device.DeviceInfo.": { SoftwareVersion: "1" } },
      style: { namespace: "urn:dslforum-org:cwmp-1-0", declaration: true },
      ...more,
    };
    const reply = await this.bus.request(subjects.announce, announcement, PATIENCE);
    return new ClassicSession(this.bus, reply, { device, connection });
  }

  /** What was asked, however long whoever is asked stands still; asked again where nobody answered. */
  async patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const settling = { isOver: false };
      const asked = ask().finally(() => {
        settling.isOver = true;
      });
      asked.catch(() => undefined);
      while (!settling.isOver) await this.pass(1_000);
      try {
        return await asked;
      } catch (error) {
        if (!(error instanceof RequestTimedOutError)) throw error;
      }
    }
  }

  /** Time passes, and what comes of it reaches the store. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      await this.clock.advance(Math.min(left, 1_000));
      await this.settled();
    }
  }

  async settled(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) {
      await this.store.commit("move-relay", { position: 0 });
      await setImmediate();
    }
  }

  /** Resolves once the operation is in this state; time does not pass meanwhile. */
  until(id: OperationId, state: OperationRecord["state"]): Promise<OperationRecord> {
    return untilState(this, id, state);
  }
}

/** A session, as its gateway speaks of it to the engine that took it. */
export class ClassicSession {
  readonly reply: Extract<AnnounceReply, { type: "owned" | "noted" }>;
  readonly #bus: Bus;
  readonly #named: Pick<NextAsk, "device" | "connection"> & { readonly connection: ConnectionId };

  constructor(bus: Bus, reply: AnnounceReply, named: Pick<NextAsk, "device" | "connection">) {
    assert.ok(reply.type !== "refused");
    this.#bus = bus;
    this.reply = reply;
    this.#named = named;
  }

  next(ended?: NextAsk["ended"]): Promise<NextReply> {
    const { engine, generation } = this.reply;
    const ask = { ...this.#named, generation, ...(ended === undefined ? {} : { ended }) };
    return this.#bus.request(subjects.next(engine), ask, PATIENCE);
  }

  close(): void {
    const { engine, generation } = this.reply;
    this.#bus.publish(subjects.closed(engine), { ...this.#named, generation });
  }
}

function methodsOf(bus: Bus): Bus {
  return {
    publish: (subject, message) => {
      bus.publish(subject, message);
    },
    request: (subject, message, options) => bus.request(subject, message, options),
    subscribe: (pattern, handler, options) => bus.subscribe(pattern, handler, options),
    serve: (subject, handler, options) => bus.serve(subject, handler, options),
    onReturn: (listener) => bus.onReturn(listener),
    close: () => bus.close(),
  };
}

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { systemRandom } from "../main/system-random.ts";
import { pieces } from "../ports/files.suite.ts";
import {
  backupPlanId,
  subjects,
  type BackupPlan,
  type BackupResult,
  type BackupTurn,
  type ChangeType,
  type EventRecord,
  type FileStore,
  type OperationId,
  type Store,
} from "../ports/index.ts";
import { fileComparer } from "../store/files/compare-files.ts";
import { openDiskFiles } from "../store/files/disk-files.ts";
import { startBackups, type BackupPorts, type Backups } from "./backups.ts";
import { key } from "./device.fixture.ts";
import { answered, Bench } from "./engine-bench.fixture.ts";

const PERIOD_MS = 3_600_000;
const PAUSE_MS = 10_000;
/** Longer than a period. */
const MOST_PAUSES = 500;
const MOST_AT_ONCE = 20;
const DONE = { Status: 0, StartTime: "0001-01-01T00:00:00Z", CompleteTime: "0001-01-01T00:00:00Z" };

test("a device is asked for its configuration when its turn comes, and what it sends stands", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  await it.asked();
  await it.sends("a=1\n");
  const { last, nextAt } = await it.settled("changed");
  assert.equal(last?.operation !== undefined, true);
  assert.ok(nextAt > it.bench.clock.now() + PERIOD_MS / 2);
  assert.equal((await it.bench.store.backups(key)).backups.length, 1);
});

test("what has changed since is told with its lines, and the oldest backup is removed", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan({ keep: 2 });
  for (const content of ["a=1\nb=1\n", "a=1\nb=2\nc=3\n", "a=1\n"]) await it.round(content);
  const told = await it.told("backup-changed");
  assert.deepEqual(
    told.map(({ data }) => [data["added"], data["removed"]]),
    [
      [2, 1],
      [0, 2],
    ],
  );
  assert.equal((await it.bench.store.backups(key)).backups.length, 2);
  assert.equal((await it.files.files()).length, 2);
});

test("a configuration that is as it was stands once, and the second file is removed", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  await it.round("a=1\n");
  await it.round("a=1\n");
  const { backups } = await it.bench.store.backups(key);
  assert.deepEqual(
    backups.map(({ unchanged }) => unchanged),
    [1],
  );
  assert.equal((await it.files.files()).length, 1);
  assert.deepEqual(await it.told("backup-changed"), []);
});

test("a device that refuses has failed, is told of, and is asked again at its next turn", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  await it.asked();
  await it.refuses();
  const { last } = await it.settled("failed");
  assert.equal(last?.reason, "the device refused with fault 9000 no");
  assert.deepEqual(
    (await it.told("backup-failed")).map(({ data }) => data),
    [{ reason: last.reason }],
  );
  await it.pass(PERIOD_MS / PAUSE_MS - 10);
  await it.asked();
});

test("a device that does not come is asked until its next turn, and is not asked twice meanwhile", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  const first = await it.asked();
  await it.pass(PERIOD_MS / PAUSE_MS - 10);
  assert.deepEqual(await it.open(), [first]);
  await it.pass(20);
  const { last } = await it.until(({ last: known }) => known?.type === "failed");
  assert.equal(last?.operation, first);
});

test("killed after the operation was stored and before its turn was, it begins no second one", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  await it.stop();
  it.start({ ...it.ports, store: dyingAt(it.bench.store, "begin-backup") });
  const [first, ...others] = await it.untilOpen();
  assert.equal(others.length, 0);
  it.die();
  it.start();
  assert.equal(await it.asked(), first);
  assert.deepEqual(await it.open(), [first]);
});

test("killed before what came was settled, it settles it once, and removes what it had yet to remove", async (t) => {
  const it = await BackupBench.open(t);
  await it.plan();
  await it.round("a=1\n");
  await it.asked();
  await it.stop();
  it.start({ ...it.ports, store: dyingAt(it.bench.store, "forget-dropped") });
  await it.sends("a=1\n");
  await it.settled("unchanged");
  it.die();
  it.start();
  await it.pass(1);
  assert.equal((await it.files.files()).length, 1);
  const { backups } = await it.bench.store.backups(key);
  assert.deepEqual(
    backups.map(({ unchanged }) => unchanged),
    [1],
  );
  const work = await it.bench.store.backupWork({ now: 0, since: 0, limit: 10 });
  assert.deepEqual(work.dropped, []);
});

test("so many devices are asked at once, and others when those have come or have not for a while", async (t) => {
  const it = await BackupBench.open(t);
  for (let serial = 2; serial <= 30; serial += 1) await it.enrol(String(serial));
  await it.plan({ spreadMs: 0 });
  await it.untilRunning(MOST_AT_ONCE);
  await it.pass(3);
  assert.equal(await it.running(), MOST_AT_ONCE);
  await it.pass(4);
  await it.untilRunning(30);
});

test("without an engine nothing is begun, and nothing is lost", async (t) => {
  const it = await BackupBench.open(t);
  await it.stop();
  await it.bench.engine.close();
  it.warnings = [];
  it.start();
  await it.plan();
  await it.pass(60);
  assert.deepEqual(new Set(it.warnings), new Set(["backups could not be seen to"]));
  await it.bench.start();
  await it.asked();
});

/** A store in which the change of this type is never made, nor anything after it: its process has died there. */
function dyingAt(store: Store, type: ChangeType): BackupPorts["store"] {
  return {
    backupWork: (query) => store.backupWork(query),
    backups: (device) => store.backups(device),
    device: (device) => store.device(device),
    operation: (id) => store.operation(id),
    parameters: (device, path) => store.parameters(device, path),
    commit: (asked, change, urgency) =>
      asked === type ? Promise.withResolvers<never>().promise : store.commit(asked, change, urgency),
  };
}

/** Backups on a real engine and real files, with the bench's one device. */
class BackupBench {
  readonly bench: Bench;
  readonly files: FileStore;
  readonly ports: BackupPorts;
  warnings: string[] | undefined;
  #backups: Backups | undefined;

  private constructor(bench: Bench, files: FileStore) {
    this.bench = bench;
    this.files = files;
    const warn = (event: string, fields?: object): void => {
      assert.ok(this.warnings !== undefined, `${event} ${JSON.stringify(fields)}`);
      this.warnings.push(event);
    };
    const log = { info: () => undefined, warn, error: warn };
    const { bus, store, clock, vault } = bench;
    this.ports = { bus, store, clock, vault, log, files, comparer: fileComparer(files) };
  }

  static async open(t: TestContext): Promise<BackupBench> {
    const bench = await Bench.open(t);
    const directory = tempDir();
    const folder = directory.file("files");
    const it = new BackupBench(
      bench,
      await openDiskFiles({ folder, clock: bench.clock, random: systemRandom }),
    );
    it.start();
    t.after(async () => {
      await it.stop();
      directory[Symbol.dispose]();
    });
    return it;
  }

  start(ports = this.ports): void {
    this.#backups = startBackups(ports);
  }

  async stop(): Promise<void> {
    await this.#backups?.close();
    this.#backups = undefined;
  }

  async enrol(SerialNumber: string): Promise<void> {
    const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber };
    const other = deviceKey(deviceId);
    assert.ok(other !== undefined);
    await this.bench.store.commit("enrol-device", {
      ...{ key: other, deviceId, approval: "approved", by: "open-enrolment", address: "127.0.0.1" },
      ...{ at: this.bench.clock.now(), maxWaiting: 100, maxWaitingPerAddress: 100, events: [] },
    });
  }

  /** Devices that were asked, and have not sent theirs. */
  async running(): Promise<number> {
    const [plan] = await this.bench.store.backupPlans();
    return plan?.running ?? 0;
  }

  /** Without that time passes. */
  async untilRunning(count: number): Promise<void> {
    for (let turn = 0; turn < MOST_PAUSES; turn += 1) {
      if ((await this.running()) === count) return;
      await this.bench.idle();
    }
    assert.fail(`${await this.running()} are running`);
  }

  /** What has died does nothing any more, and is not waited for. */
  die(): void {
    this.#backups = undefined;
  }

  async plan(changes: Partial<BackupPlan> = {}): Promise<void> {
    const id = backupPlanId("0".repeat(16));
    assert.ok(id);
    const createdAt = this.bench.clock.now();
    const usual = { everyMs: PERIOD_MS, spreadMs: 10 * PAUSE_MS, keep: 5, manager: "admin" };
    const audit = { at: createdAt, manager: "admin", action: "add-backup-plan", detail: {} };
    await this.bench.store.commit("add-backup-plan", {
      plan: { id, createdAt, ...usual, ...changes },
      audit,
    });
    this.bench.bus.publish(subjects.configChanged, { what: "backups" });
  }

  /** Lets time pass, and after each pause whatever it brought come to its end. */
  async pass(pauses: number): Promise<void> {
    for (let count = 0; count < pauses; count += 1) {
      await this.bench.clock.advance(PAUSE_MS);
      await this.bench.idle();
    }
  }

  /** Lets time pass until the device's turn is as it is awaited, and gives it. */
  async until(isAwaited: (turn: BackupTurn) => boolean): Promise<BackupTurn> {
    for (let count = 0; count < MOST_PAUSES; count += 1) {
      const [turn] = (await this.bench.store.backups(key)).turns;
      if (turn !== undefined && isAwaited(turn)) return turn;
      await this.pass(1);
    }
    return assert.fail("the turn never came to be what was awaited");
  }

  /** The operation that the device is asked by. */
  async asked(): Promise<OperationId> {
    const { operation } = await this.until((turn) => turn.operation !== undefined);
    assert.ok(operation !== undefined);
    return operation;
  }

  settled(type: BackupResult["type"]): Promise<BackupTurn> {
    return this.until(({ operation, last }) => operation === undefined && last?.type === type);
  }

  /** The operations that wait for the device. */
  async open(): Promise<readonly OperationId[]> {
    return (await this.bench.store.openOperations(key)).map(({ id }) => id);
  }

  async untilOpen(): Promise<readonly OperationId[]> {
    for (let count = 0; count < MOST_PAUSES; count += 1) {
      const open = await this.open();
      if (open.length > 0) return open;
      await this.pass(1);
    }
    return assert.fail("nothing was asked for");
  }

  /** The device comes, sends the file, and says that it is done. */
  async sends(content: string): Promise<void> {
    const session = await this.bench.inform();
    const call = await session.next();
    const [operation] = await this.open();
    assert.ok(call.type === "call" && call.call.method === "Upload" && operation !== undefined);
    await this.receive(operation, content);
    await session.next(answered(call, { type: "answered", outcome: { result: DONE } }));
    session.close();
  }

  async refuses(): Promise<void> {
    const session = await this.bench.inform();
    const fault = { code: 9000, message: "no" };
    await session.next(answered(await session.next(), { type: "answered", outcome: { fault } }));
    session.close();
  }

  /** A whole turn of the device. */
  async round(content: string): Promise<void> {
    await this.asked();
    await this.sends(content);
    await this.until(({ operation, last }) => operation === undefined && last !== undefined);
    await this.pass(PERIOD_MS / PAUSE_MS / 2);
  }

  async receive(operation: OperationId, content: string): Promise<void> {
    const kind = "1 Vendor Configuration File";
    const result = await this.files.add({ name: "config", kind, target: {}, device: key }, pieces([content]));
    assert.ok(result.type === "added");
    const { id: received, bytes } = result.file;
    const progress = { bytes, of: bytes, at: this.bench.clock.now(), received };
    await this.bench.store.commit("record-progress", { operation, progress, events: [] });
  }

  async told(name: string): Promise<readonly EventRecord[]> {
    const events = await this.bench.store.events({ after: 0, limit: 1_000 });
    return events.filter((event) => event.name === name);
  }
}

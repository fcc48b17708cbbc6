import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import { backupPlanId, type BackupPlan, type BackupTurn, type SettleBackup } from "../backups.ts";
import { fileId, type FileId } from "../files.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  anAudit,
  anEvent,
  asking,
  at,
  approving,
  end,
  enrolled,
  eventNames,
  idOf,
  keyOf,
  type On,
} from "./store.fixture.ts";

const DAY_MS = 86_400_000;

/** Backup plans: what is due, what was begun, and what stands. */
export function backupsSuite(on: On): void {
  on("a plan is listed with what there is to say of it, until it is removed", async (store) => {
    const plan = await added(store, { keep: 3 });
    assert.deepEqual(await store.backupPlans(), [{ plan, devices: 0, running: 0, failed: 0 }]);
    const audit = anAudit("remove-backup-plan");
    assert.deepEqual(await store.commit("remove-backup-plan", { plan: plan.id, audit }), { held: true });
    assert.deepEqual(await store.commit("remove-backup-plan", { plan: plan.id, audit }), { held: true });
    assert.deepEqual(await store.backupPlans(), []);
    const other = { plan: plan.id, audit: anAudit("remove-backup-plan", { at: at(99) }) };
    assert.deepEqual(await store.commit("remove-backup-plan", other), { held: false });
  });

  on("a plan for a device that is not known is refused", async (store) => {
    const change = { plan: aPlan({ device: keyOf("9") }), audit: anAudit("add-backup-plan") };
    assert.deepEqual(await store.commit("add-backup-plan", change), { held: false });
    assert.deepEqual(await store.backupPlans(), []);
  });

  on("every approved device joins a plan once, and of a plan for one only that one", async (store) => {
    const [one, two, rejected] = [
      await enrolled(store, "1"),
      await enrolled(store, "2"),
      await enrolled(store, "3"),
    ];
    await store.commit("set-approval", approving(rejected, "rejected"));
    const all = await added(store);
    const own = await added(store, { id: planId("1"), device: one });
    const { joining } = await work(store);
    const joined = (plan: BackupPlan) =>
      joining.filter((each) => each.plan === plan.id).map(({ device }) => device);
    assert.deepEqual(new Set(joined(all)), new Set([one, two]));
    assert.deepEqual(joined(own), [one]);
    await store.commit("seed-backup-turns", { turns: joining.map((each) => ({ ...each, nextAt: at(50) })) });
    assert.deepEqual((await work(store)).joining, []);
    await store.commit("seed-backup-turns", { turns: [{ plan: own.id, device: one, nextAt: at(70) }] });
    assert.equal((await turnOf(store, one, own)).nextAt, at(50));
  });

  on("a turn is due from its time on, until it is begun, and then from its next time on", async (store) => {
    const { key, plan } = await seeded(store);
    const due = async (seconds: number) => (await work(store, seconds)).due.map(({ device }) => device);
    assert.deepEqual(await due(49), []);
    assert.deepEqual(await due(50), [key]);
    await begun(store, { key, plan });
    assert.deepEqual(await due(50), []);
    await end(store, [key, "a"]);
    await store.commit("settle-backup", settling({ key, plan }));
    assert.deepEqual(await due(50), []);
    assert.deepEqual(await due(50 + DAY_MS / 1_000), [key]);
  });

  on(
    "a turn is begun once, however often it is asked for, and not where it stands elsewhere",
    async (store) => {
      const { key, plan } = await seeded(store);
      await accepted(store, asking(key, "a"));
      const change = beginning({ key, plan });
      assert.deepEqual(await store.commit("begin-backup", change), { held: true });
      assert.deepEqual(await store.commit("begin-backup", change), { held: true });
      const other = { ...change, outcome: { type: "begun", operation: idOf("b") } } as const;
      assert.deepEqual(await store.commit("begin-backup", other), { held: false });
      assert.equal((await turnOf(store, key, plan)).operation, idOf("a"));
    },
  );

  on("a turn that could not be begun has failed, and comes again at its next time", async (store) => {
    const { key, plan } = await seeded(store);
    const result = { type: "failed", at: at(50), reason: "it is left alone" } as const;
    const change = { ...beginning({ key, plan }), outcome: { type: "not-begun", result } } as const;
    assert.deepEqual(await store.commit("begin-backup", change), { held: true });
    assert.deepEqual(await turnOf(store, key, plan), {
      ...{ plan: plan.id, device: key, nextAt: at(50) + DAY_MS, last: result },
    });
    assert.equal((await store.backupPlans())[0]?.failed, 1);
  });

  on("what runs is counted, but for what waits for a device that has not come for long", async (store) => {
    const { key, plan } = await seeded(store);
    await begun(store, { key, plan });
    assert.equal((await work(store, 60, at(10))).running, 1);
    assert.equal((await work(store, 60, at(30))).running, 0);
    assert.deepEqual((await store.backupPlans())[0]?.running, 1);
  });

  on("a turn whose operation has ended, or is gone, is to be settled", async (store) => {
    const { key, plan } = await seeded(store);
    await begun(store, { key, plan });
    assert.deepEqual((await work(store)).ended, []);
    await end(store, [key, "a"]);
    assert.deepEqual(
      (await work(store)).ended.map(({ operation }) => operation),
      [idOf("a")],
    );
  });

  on("what a turn brought stands, and its result and events are kept once", async (store) => {
    const turn = await seeded(store);
    await begun(store, turn);
    const change = settling(turn, { events: [anEvent(turn.key, "told")] });
    assert.deepEqual(await store.commit("settle-backup", change), { held: true });
    assert.deepEqual(await store.commit("settle-backup", change), { held: true });
    const { backups, turns } = await store.backups(turn.key);
    const stands = { device: turn.key, file: aFile("a"), takenAt: at(60), lastAt: at(60), unchanged: 0 };
    assert.deepEqual(backups, [stands]);
    assert.deepEqual(
      turns.map(({ operation, last }) => [operation, last?.type]),
      [[undefined, "changed"]],
    );
    assert.equal((await eventNames(store)).filter((name) => name === "told").length, 1);
  });

  on("what the device sends again without a change stands once, and since when is kept", async (store) => {
    const turn = await seeded(store);
    await begun(store, turn);
    await store.commit("settle-backup", settling(turn));
    await begunAgain(store, turn);
    const result = { type: "unchanged", at: at(90), operation: idOf("b") } as const;
    const again = settling(turn, { operation: idOf("b"), result, drop: [aFile("b")] });
    assert.deepEqual(await store.commit("settle-backup", again), { held: true });
    const { backups } = await store.backups(turn.key);
    assert.deepEqual(backups, [
      { device: turn.key, file: aFile("a"), takenAt: at(60), lastAt: at(90), unchanged: 1 },
    ]);
  });

  on("a file that stands no more is to be removed, until somebody says that it is", async (store) => {
    const turn = await seeded(store);
    await begun(store, turn);
    await store.commit("settle-backup", settling(turn));
    await begunAgain(store, turn);
    const next = { operation: idOf("b"), stands: aFile("b"), drop: [aFile("a")] };
    const result = { type: "changed", at: at(90), operation: idOf("b") } as const;
    await store.commit("settle-backup", settling(turn, { ...next, result }));
    assert.deepEqual(
      (await store.backups(turn.key)).backups.map(({ file }) => file),
      [aFile("b")],
    );
    assert.deepEqual((await work(store)).dropped, [aFile("a")]);
    await store.commit("forget-dropped", { files: [aFile("a")] });
    assert.deepEqual((await work(store)).dropped, []);
  });

  on(
    "a plan that is removed leaves what it brought, and a device that is forgotten takes its turns along",
    async (store) => {
      const turn = await seeded(store);
      await begun(store, turn);
      await store.commit("settle-backup", settling(turn));
      await store.commit("remove-backup-plan", { plan: turn.plan.id, audit: anAudit("remove-backup-plan") });
      const { backups, turns } = await store.backups(turn.key);
      assert.deepEqual([backups.length, turns.length], [1, 0]);
      const audit = anAudit("remove-device", { device: turn.key });
      await store.commit("remove-device", { device: turn.key, audit, events: [] });
      assert.deepEqual(await store.backups(turn.key), { backups: [], turns: [] });
    },
  );
}

interface Turn {
  readonly key: DeviceKey;
  readonly plan: BackupPlan;
}

function planId(digit: string) {
  const id = backupPlanId(digit.repeat(16));
  assert.ok(id);
  return id;
}

function aFile(digit: string): FileId {
  const id = fileId(digit.repeat(16));
  assert.ok(id);
  return id;
}

function aPlan(changes: Partial<BackupPlan> = {}): BackupPlan {
  return {
    id: planId("0"),
    everyMs: DAY_MS,
    spreadMs: 3_600_000,
    keep: 5,
    manager: "admin",
    createdAt: at(0),
    ...changes,
  };
}

async function added(store: Store, changes: Partial<BackupPlan> = {}): Promise<BackupPlan> {
  const plan = aPlan(changes);
  await store.commit("add-backup-plan", { plan, audit: anAudit("add-backup-plan") });
  return plan;
}

function work(store: Store, seconds = 100, since = at(0)) {
  return store.backupWork({ now: at(seconds), since, limit: 10 });
}

/** A device whose turn is due 50 seconds into the test. */
async function seeded(store: Store): Promise<Turn> {
  const key = await enrolled(store, "1");
  const plan = await added(store);
  await store.commit("seed-backup-turns", { turns: [{ plan: plan.id, device: key, nextAt: at(50) }] });
  return { key, plan };
}

function beginning({ key, plan }: Turn) {
  const times = { from: at(50), nextAt: at(50) + DAY_MS };
  const outcome = { type: "begun", operation: idOf("a") } as const;
  return { plan: plan.id, device: key, ...times, outcome, events: [] };
}

async function begun(store: Store, turn: Turn): Promise<void> {
  await accepted(store, asking(turn.key, "a"));
  await store.commit("begin-backup", beginning(turn));
}

/** The turn after that, a day later. */
async function begunAgain(store: Store, turn: Turn): Promise<void> {
  await accepted(store, asking(turn.key, "b"));
  const from = at(50) + DAY_MS;
  const outcome = { type: "begun", operation: idOf("b") } as const;
  await store.commit("begin-backup", { ...beginning(turn), from, nextAt: from + DAY_MS, outcome });
}

function settling({ key, plan }: Turn, changes: Partial<SettleBackup> = {}): SettleBackup {
  return {
    plan: plan.id,
    device: key,
    operation: idOf("a"),
    result: { type: "changed", at: at(60), operation: idOf("a") },
    stands: aFile("a"),
    drop: [],
    events: [],
    ...changes,
  };
}

async function turnOf(store: Store, key: DeviceKey, plan: BackupPlan): Promise<BackupTurn> {
  const turn = (await store.backups(key)).turns.find((each) => each.plan === plan.id);
  assert.ok(turn);
  return turn;
}

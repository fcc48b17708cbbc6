import { routes, type BackupPlanRequest } from "@heliograph/api";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import { backupPlanId, FileGoneError, subjects, type BackupPlan } from "../ports/index.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showBackup, showBackupPlan, showComparison, showTurn } from "./show-backups.ts";
import type { StandingBackup } from "./show-backups.ts";

const ID_BYTES = 8;
const SECOND_MS = 1_000;
const USUAL_KEEP = 10;
const USUAL_SPREAD_SECONDS = 3_600;

/** Plans by which devices send their configurations, and what came of them. */
export function backupHandlers(ports: RestPorts) {
  const { store, bus, clock } = ports;
  return {
    listBackupPlans: serve(routes.listBackupPlans, async () => {
      const plans = await store.backupPlans();
      return give(200, { items: plans.map(showBackupPlan) });
    }),

    addBackupPlan: serve(routes.addBackupPlan, async ({ input: { body }, manager }) => {
      const plan = planOf(body, { ports, manager: manager.name });
      if (isRefusal(plan)) return plan;
      const { id, device, everyMs, keep, createdAt: at } = plan;
      const by = { at, manager: manager.name, action: "add-backup-plan" };
      const audit = { ...by, ...(device === undefined ? {} : { device }), detail: { id, everyMs, keep } };
      const { held } = await store.commit("add-backup-plan", { plan, audit });
      if (!held) return unknownDevice(device ?? "");
      bus.publish(subjects.configChanged, { what: "backups" });
      return give(201, showBackupPlan({ plan, devices: 0, running: 0, failed: 0 }));
    }),

    removeBackupPlan: serve(routes.removeBackupPlan, async ({ input: { params }, manager }) => {
      const plan = backupPlanId(params.id);
      const at = clock.now();
      const audit = { at, manager: manager.name, action: "remove-backup-plan", detail: { id: params.id } };
      const isThere = plan !== undefined && (await store.commit("remove-backup-plan", { plan, audit })).held;
      return isThere ? give(204, undefined) : unknownPlan(params.id);
    }),

    listBackups: serve(routes.listBackups, async ({ input: { params } }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const { turns } = await store.backups(device.key);
      const standing = await standingOf(device.key, ports);
      return give(200, { items: standing.map(showBackup), turns: turns.map(showTurn) });
    }),

    compareBackups: serve(routes.compareBackups, async ({ input: { params, query }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const pair = pairOf(await standingOf(device.key, ports), query);
      if (isRefusal(pair)) return pair;
      const { from, to } = pair;
      const detail = { from: from.file.id, to: to.file.id };
      const by = { at: clock.now(), manager: manager.name, action: "compare-backups" };
      await store.commit("record-audit", { audit: { ...by, device: device.key, detail } });
      const comparison = await ports.comparer.compare(from.file.id, to.file.id).catch((error: unknown) => {
        if (error instanceof FileGoneError) return unknownBackup("one of them was removed just now");
        throw error;
      });
      return "refused" in comparison ? comparison : give(200, showComparison(pair, comparison));
    }),
  };
}

/** Newest first, without those whose file somebody removed. */
async function standingOf(
  device: DeviceKey,
  { store, files }: RestPorts,
): Promise<readonly StandingBackup[]> {
  const { backups } = await store.backups(device);
  const kept = await Promise.all(
    backups.map(async (backup) => ({ backup, file: await files.file(backup.file) })),
  );
  return kept.flatMap(({ backup, file }) => (file === undefined ? [] : [{ backup, file }]));
}

interface Pair {
  readonly from: StandingBackup;
  readonly to: StandingBackup;
}

/** The two that are asked for; without a word the newest, and the one of its kind before it. */
function pairOf(
  standing: readonly StandingBackup[],
  { from, to }: { readonly from?: string; readonly to?: string },
): Pair | Refusal {
  const named = (id: string): StandingBackup | undefined => standing.find(({ file }) => file.id === id);
  const later = to === undefined ? standing[0] : named(to);
  if (later === undefined) return unknownBackup(to === undefined ? "there is none yet" : `${to} is none`);
  const before = standing.slice(standing.indexOf(later) + 1);
  const earlier = from === undefined ? before.find(({ file }) => file.kind === later.file.kind) : named(from);
  if (earlier !== undefined) return { from: earlier, to: later };
  return unknownBackup(from === undefined ? "there is none before it" : `${from} is none`);
}

interface Making {
  readonly ports: RestPorts;
  readonly manager: string;
}

function planOf(
  { device: key, every, keep = USUAL_KEEP, spread, kind }: BackupPlanRequest,
  { ports: { random, clock }, manager }: Making,
): BackupPlan | Refusal {
  const device = key === undefined ? undefined : parseDeviceKey(key);
  if (key !== undefined && device === undefined) return unknownDevice(key);
  if (spread !== undefined && spread > every) {
    return refuseInput("invalid-request", [{ at: "$.spread", detail: "is never more than `every`" }]);
  }
  const id = backupPlanId(random.hex(ID_BYTES));
  if (id === undefined) throw new Error("the random port gave no 16 hexadecimal digits");
  return {
    id,
    ...(device === undefined ? {} : { device }),
    everyMs: every * SECOND_MS,
    spreadMs: (spread ?? Math.min(every, USUAL_SPREAD_SECONDS)) * SECOND_MS,
    keep,
    ...(kind === undefined ? {} : { kind }),
    manager,
    createdAt: clock.now(),
  };
}

function unknownPlan(id: string): Refusal {
  const hint = "GET /api/v1/backup-plans lists those there are";
  return refuse("unknown-backup-plan", `no backup plan has the id ${id}: ${hint}`);
}

function unknownBackup(why: string): Refusal {
  return refuse("unknown-backup", `${why}: GET the device's backups lists those there are`);
}

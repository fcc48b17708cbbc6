import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  isEnd,
  operationId,
  subjects,
  type BackupPlan,
  type BackupResult,
  type BackupTurn,
  type BackupWork,
  type BeginBackup,
  type Bus,
  type Clock,
  type FileComparer,
  type FileComparison,
  type FileId,
  type FileRecord,
  type FileStore,
  type Log,
  type OperationId,
  type RpcAsk,
  type Store,
  type Vault,
} from "../ports/index.ts";
import { backupCall, backupEvent, backupKind, CONFIG_FILES, endTurn, nextTurn } from "./backup-turn.ts";
import type { TurnEnd } from "./backup-turn.ts";

/** What backups are made of. */
export interface BackupPorts {
  readonly bus: Bus;
  readonly store: Pick<Store, "backupWork" | "backups" | "commit" | "device" | "operation" | "parameters">;
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Pick<Vault, "fingerprint">;
  readonly files: Pick<FileStore, "file" | "remove">;
  readonly comparer: FileComparer;
}

export interface Backups {
  /** Begins nothing new, and resolves once nothing is half done. Closing twice is no error. */
  close(): Promise<void>;
}

const PAUSE_MS = 10_000;
const BATCH = 500;
/** Devices that may be sending their configurations at once. */
const MOST_AT_ONCE = 20;
/** A device that was asked, and has not come for so long, gives its place to another. */
const PATIENCE_MS = 60_000;
/** For a device to be found to join a plan. */
const JOIN_MS = 6 * PAUSE_MS;
/** For the engine to store what it is asked for. */
const ACCEPT_MS = 30_000;
const ID_CHARS = 32;

/**
 * Carries out the backup plans, by the same door as a manager. Where it stands is in the store: whatever it was at when it was
 * killed is gone on with, neither left out nor done twice.
 */
export function startBackups(ports: BackupPorts): Backups {
  const { bus, clock, log } = ports;
  const begun = new Set<OperationId>();
  let running: Promise<void> | undefined;
  let isAsked = false;
  let isClosed = false;

  async function seeToAll(): Promise<void> {
    while (isAsked && !isClosed) {
      isAsked = false;
      isAsked ||= await seeTo(ports, begun);
    }
  }
  function run(): void {
    isAsked = true;
    running ??= seeToAll()
      .catch((error: unknown) => {
        log.warn("backups could not be seen to", { error: asError(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }
  function again(): void {
    run();
    timer = clock.after(PAUSE_MS, again);
  }

  const hints = [
    bus.subscribe(subjects.everyOperationChange, ({ operation, state }) => {
      if (isEnd(state) && begun.delete(operation)) run();
    }),
    bus.subscribe(subjects.everyConfigChanged, ({ what }) => {
      if (what === "backups") run();
    }),
  ];
  let timer = clock.after(PAUSE_MS, again);
  return {
    async close() {
      isClosed = true;
      timer.cancel();
      for (const hint of hints) hint.unsubscribe();
      await running;
    },
  };
}

/** Adds what it begins to `begun`, and says whether there is more to see to at once. */
async function seeTo(ports: BackupPorts, begun: Set<OperationId>): Promise<boolean> {
  const now = ports.clock.now();
  const work = await ports.store.backupWork({ now, since: now - PATIENCE_MS, limit: BATCH });
  const plans = new Map(work.plans.map((plan) => [plan.id, plan]));
  for (const turn of work.ended) await settle(turn, plans.get(turn.plan), ports);
  await removeDropped(work.dropped, ports);
  const haveJoined = await join(work, plans, ports);
  const free = MOST_AT_ONCE - work.running;
  for (const turn of work.due.slice(0, Math.max(0, free))) {
    const plan = plans.get(turn.plan);
    const operation = plan && (await begin(turn, plan, ports));
    if (operation !== undefined) begun.add(operation);
  }
  return haveJoined;
}

async function join(
  { joining }: BackupWork,
  plans: ReadonlyMap<string, BackupPlan>,
  { store, clock }: BackupPorts,
): Promise<boolean> {
  const now = clock.now();
  const turns = joining.flatMap(({ plan: id, device }) => {
    const plan = plans.get(id);
    return plan === undefined ? [] : [{ plan: id, device, nextAt: joinedTurn(plan, device, now) }];
  });
  if (turns.length > 0) await store.commit("seed-backup-turns", { turns });
  return turns.length > 0;
}

/** The first turn of a device that joins just after the moment that would have been its own is not put off to the next. */
function joinedTurn(plan: BackupPlan, device: DeviceKey, now: number): number {
  return nextTurn(plan, device, now - Math.max(plan.spreadMs, JOIN_MS));
}

/** Killed between the two commits, it asks for the same operation again, which is then no second one. */
async function begin(
  turn: BackupTurn,
  plan: BackupPlan,
  ports: BackupPorts,
): Promise<OperationId | undefined> {
  const { device, nextAt: from } = turn;
  const { store, clock } = ports;
  const nextAt = nextTurn(plan, device, clock.now());
  const kind = plan.kind ?? (await kindOf(device, ports));
  const ask = askOf(turn, { plan, kind, expiresAt: nextAt, ports });
  const reply = await ports.bus.request(subjects.rpc(device), ask, { timeoutMs: ACCEPT_MS });
  const moved = { plan: plan.id, device, from, nextAt };
  // What was asked for before by the same id, with whatever type of file, was asked for by this turn.
  if (reply.type === "refused" && reply.reason !== "idempotency-mismatch") {
    await store.commit("begin-backup", notBegun(moved, reply.detail, clock.now()));
    return undefined;
  }
  const outcome = { type: "begun", operation: ask.id } as const;
  await store.commit("begin-backup", { ...moved, outcome, events: [] });
  return ask.id;
}

interface Asking {
  readonly plan: BackupPlan;
  readonly kind: string;
  readonly expiresAt: number;
  readonly ports: BackupPorts;
}

/** The same turn asks for the same operation, however often. A device that does not come is asked until its next turn. */
function askOf({ device, nextAt }: BackupTurn, { plan, kind, expiresAt, ports: { vault } }: Asking): RpcAsk {
  const id = operationId(vault.fingerprint(`${plan.id}/${device}/${nextAt}`).slice(0, ID_CHARS));
  if (id === undefined) throw new Error("a fingerprint has no 32 hexadecimal digits");
  const by = { manager: plan.manager, automatic: `backup plan ${plan.id}` };
  return { id, rpcs: [backupCall(kind)], ...by, waitMs: 0, expiresAt };
}

function notBegun(
  moved: Pick<BeginBackup, "plan" | "device" | "from" | "nextAt">,
  reason: string,
  at: number,
): BeginBackup {
  const result: BackupResult = { type: "failed", at, reason };
  const events = backupEvent(
    { type: "failed", reason, drop: [] },
    { at, device: moved.device, comparison: undefined },
  );
  return { ...moved, outcome: { type: "not-begun", result }, events };
}

async function kindOf(device: DeviceKey, { store }: BackupPorts): Promise<string> {
  const root = (await store.device(device))?.facts.root;
  return backupKind(root === undefined ? {} : await store.parameters(device, `${root}${CONFIG_FILES}`));
}

async function settle(
  { plan: id, device, operation: begun }: BackupTurn,
  plan: BackupPlan | undefined,
  ports: BackupPorts,
): Promise<void> {
  if (begun === undefined || plan === undefined) return;
  const { store, clock, files } = ports;
  const operation = await store.operation(begun);
  const received = operation?.transfer?.progress?.received;
  const sent = received === undefined ? undefined : await files.file(received);
  const { backups } = await store.backups(device);
  const kept = await Promise.all(backups.map(({ file }) => files.file(file)));
  const standing = kept.filter((file): file is FileRecord => file !== undefined && file.kind === sent?.kind);
  const end = endTurn({ operation, sent, standing, keep: plan.keep });
  const at = clock.now();
  const { type, reason, stands, drop } = end;
  await store.commit("settle-backup", {
    ...{ plan: id, device, operation: begun, drop },
    result: { type, at, operation: begun, ...(reason === undefined ? {} : { reason }) },
    ...(stands === undefined ? {} : { stands }),
    events: backupEvent(end, { at, device, comparison: await comparisonOf(end, ports) }),
  });
  await removeDropped(drop, ports);
}

/** Undefined where there is nothing to compare, or it cannot be read: that a file has come is told all the same. */
async function comparisonOf(
  { stands, replaces }: TurnEnd,
  { comparer, log }: BackupPorts,
): Promise<FileComparison | undefined> {
  if (stands === undefined || replaces === undefined) return undefined;
  try {
    return await comparer.compare(replaces.id, stands);
  } catch (error) {
    log.warn("two backups could not be compared", { error: asError(error) });
    return undefined;
  }
}

async function removeDropped(dropped: readonly FileId[], { files, store }: BackupPorts): Promise<void> {
  if (dropped.length === 0) return;
  for (const file of dropped) await files.remove(file);
  await store.commit("forget-dropped", { files: dropped });
}

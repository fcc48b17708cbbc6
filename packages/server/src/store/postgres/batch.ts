import type { ChangeType } from "../../ports/index.ts";
import type { Settled } from "../batch.ts";
import { makeChange } from "../changes/changes.ts";
import { writeDocument } from "../document.ts";
import type { Failure } from "../failure.ts";
import { integer } from "../row.ts";
import { readChange, type AskedChange } from "../written-change.ts";
import { failureOf, LostConnectionError } from "./failure.ts";
import { lanes, onlyDeviceOf } from "./lanes.ts";
import { runAlone, runLanes, type Body } from "./rounds.ts";
import type { Session } from "./session.ts";
import type { Statement } from "./statement.ts";

/**
 * As part of a transaction. Whoever runs the server may ask for more, such as a standby that has it, too; less than its own
 * disk is no commit.
 */
export const ON_DISK: Statement = {
  sql: "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  values: {},
};

/**
 * Of all processes one writes at a time, so that changes see each other one after the other and events are committed in the
 * order of their ids. The lock ends with the transaction, and another schema has another.
 */
const BEGIN: readonly Statement[] = [
  { sql: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", values: {} },
  { sql: "SELECT pg_advisory_xact_lock(7547, hashtext(current_schema()))", values: {} },
  ON_DISK,
];
/** As the last of a transaction: of what is committed then, nothing is newer. */
const NEWEST_EVENT: Statement = { sql: "SELECT coalesce(max(id), 0) AS id FROM events", values: {} };
const COMMIT: Statement = { sql: "COMMIT", values: {} };
const ROLLBACK: Statement = { sql: "ROLLBACK", values: {} };
const SAVEPOINT: Statement = { sql: "SAVEPOINT change", values: {} };
const RELEASE: Statement = { sql: "RELEASE change", values: {} };
const TAKE_BACK: readonly Statement[] = [{ sql: "ROLLBACK TO change", values: {} }, RELEASE];

/**
 * Makes the changes in one transaction, as in their order. Where one of them fails, all are made again, one after the other
 * and each in a savepoint of its own, so that the one leaves no trace and the others stand; where the transaction itself is
 * lost, each in a transaction of its own. Rejects with {@link LostConnectionError}: then some may have been made.
 */
export async function commitBatch(
  session: Session,
  changes: readonly AskedChange[],
): Promise<CommittedBatch> {
  return commit(
    session,
    changes.map((asked) => task(asked.type, readChange(asked))),
  );
}

export interface CommittedBatch {
  readonly settled: readonly Settled[];
  /** The id of the newest event there is after it, 0 where nothing was committed. */
  readonly newestEvent: number;
}

interface Task {
  readonly device: string | undefined;
  readonly body: Body<Settled>;
}

function task<T extends ChangeType>(type: T, change: Parameters<typeof makeChange<T>>[2]): Task {
  return {
    device: onlyDeviceOf(type, change),
    body: (db) => ({ result: writeDocument(makeChange(db, type, change)) }),
  };
}

async function commit(session: Session, tasks: readonly Task[]): Promise<CommittedBatch> {
  try {
    return await commitTogether(session, tasks);
  } catch (error) {
    const failure = await rolledBack(session, error);
    if (tasks.length === 1 || failure.kind === "busy") return refused(tasks, failure);
    return commitApart(session, tasks);
  }
}

async function commitTogether(session: Session, tasks: readonly Task[]): Promise<CommittedBatch> {
  const settled: Settled[] = [];
  const numbered = tasks.map((each, index) => ({ ...each, index }));
  let left = BEGIN;
  for (const stage of lanes(numbered)) {
    const bodies = stage.map((lane) => lane.map(({ body }) => body));
    const run = await runLanes(session, bodies, left);
    for (const [at, { index }] of stage.flat().entries()) {
      const value = run.values[at];
      if (value !== undefined) settled[index] = value;
    }
    left = run.left;
  }
  return { settled, newestEvent: await end(session, left) };
}

async function commitApart(session: Session, tasks: readonly Task[]): Promise<CommittedBatch> {
  try {
    await session.send(BEGIN);
    const settled: Settled[] = [];
    for (const each of tasks) settled.push(await inSavepoint(session, each));
    return { settled, newestEvent: await end(session, []) };
  } catch (error) {
    const failure = await rolledBack(session, error);
    if (failure.kind === "busy") return refused(tasks, failure);
    return commitOneByOne(session, tasks);
  }
}

async function commitOneByOne(session: Session, tasks: readonly Task[]): Promise<CommittedBatch> {
  const settled: Settled[] = [];
  let newestEvent = 0;
  for (const each of tasks) {
    const committed = await commit(session, [each]);
    settled.push(...committed.settled);
    newestEvent = Math.max(newestEvent, committed.newestEvent);
  }
  return { settled, newestEvent };
}

async function end(session: Session, left: readonly Statement[]): Promise<number> {
  const [newest] = (await session.send([...left, NEWEST_EVENT, COMMIT])).slice(left.length);
  const [row] = newest?.rows ?? [];
  return row === undefined ? 0 : integer(row, "id");
}

function refused(tasks: readonly Task[], failure: Failure): CommittedBatch {
  return { settled: tasks.map(() => ({ failure })), newestEvent: 0 };
}

async function inSavepoint(session: Session, { body }: Task): Promise<Settled> {
  try {
    const made = await runAlone(session, body, [SAVEPOINT]);
    await session.send([RELEASE]);
    return made;
  } catch (error) {
    if (error instanceof LostConnectionError) throw error;
    await session.send(TAKE_BACK);
    return { failure: failureOf(error) };
  }
}

async function rolledBack(session: Session, error: unknown): Promise<Failure> {
  if (error instanceof LostConnectionError) throw error;
  await session.send([ROLLBACK]);
  return failureOf(error);
}

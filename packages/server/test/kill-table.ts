import type { DialogRun } from "./dialog-run.ts";
import type { Account } from "./reckoning.ts";

/** What came of a dialog in which the server was killed at one point. */
export interface KillRow {
  /** Its place in the clean run, from 1. */
  readonly number: number;
  readonly point: string;
  readonly run: DialogRun;
}

/** One line for a row: how often each call ran, and how its operation ended. */
export function describeRow({ number, point, run }: KillRow): string {
  const accounts = run.accounts.map(
    ({ method, runs, state = "not accepted" }) => `${method} ${runs} ${state}`,
  );
  return `${String(number).padStart(3)} ${point.padEnd(52)} ${accounts.join(", ")}`;
}

/** What must not be, with the point at which it came about. */
export function faultsIn({ number, point, run }: KillRow): readonly string[] {
  const at = `killed at point ${number}, ${point}`;
  return [
    ...run.accounts.flatMap(({ mark, faults }) => faults.map((fault) => `${at}: ${mark}: ${fault}`)),
    ...run.misreported.map((key) => `${at}: the transfer ${key} is not stored exactly once`),
  ];
}

/** All operations of all rows in one line, by what was called, how it ended, and how often it ran. */
export function summary(accounts: readonly Account[]): string {
  const accepted = accounts.filter(({ state }) => state !== undefined).length;
  const open = accounts.filter(({ state }) => state === "queued" || state === "running").length;
  const kinds = new Map<string, number>();
  for (const { method, state = "not accepted", runs } of accounts) {
    const kind = `${method} ${state} ran ${runs}x`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counts = [...kinds]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, count]) => `${kind}: ${count}`);
  return `accepted ${accepted}, ended ${accepted - open}, accepted minus ended ${open}; ${counts.join("; ")}`;
}

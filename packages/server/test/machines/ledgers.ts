import { existsSync, readFileSync } from "node:fs";
import type { Operation } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import type { Accepted, Asked } from "./load.ts";

/** What became of what was accepted, by ledgers outside the ACS. */
export interface Reckoning {
  readonly accepted: number;
  /** How many are in which state, by what the ACS says. */
  readonly states: ReadonlyMap<string, number>;
  /** Accepted and not ended, or not there any more. */
  readonly lost: readonly string[];
  /** What must not run twice, and did. */
  readonly ranTwice: readonly string[];
  /** Said to be done, and never run by a device. */
  readonly neverRan: readonly string[];
  /** Run by a device, and never accepted. */
  readonly unasked: readonly string[];
  /** RPCs with a mark that devices ran. */
  readonly ran: number;
}

/** What a device wrote down of an RPC that it ran. */
export interface Run {
  readonly device: string;
  readonly method: string;
  readonly mark: string;
}

export interface Ledgers {
  readonly accepted: Iterable<Accepted>;
  readonly runs: readonly Run[];
  readonly operations: ReadonlyMap<string, Operation>;
}

/** What may run again does not matter: it is asked again until it is answered. */
const ONCE: ReadonlySet<string> = new Set<Asked>(["AddObject", "Reboot", "Download"]);
const PAGE = 1_000;

/** Compares what was accepted with what the ACS says of it, and with what devices ran. */
export function reckon({ accepted, runs, operations }: Ledgers): Reckoning {
  const all = [...accepted];
  const counts = Map.groupBy(runs, keyOf);
  const isKnown = new Set(all.map(keyOf));
  const once = [...counts].filter(([, [run]]) => run !== undefined && ONCE.has(run.method));
  const ranFor = (one: Accepted): number => counts.get(keyOf(one))?.length ?? 0;
  const stateOf = ({ id }: Accepted): string => operations.get(id)?.state ?? "gone";
  return {
    accepted: all.length,
    states: countOf(all.map(stateOf)),
    lost: all.filter(({ id }) => operations.get(id)?.ended === undefined).map(describe),
    ranTwice: once.filter(([, same]) => same.length > 1).map(([key, same]) => `${key}: ${same.length} times`),
    neverRan: all
      .filter((one) => one.method !== "GetParameterValues" && stateOf(one) === "done" && ranFor(one) === 0)
      .map(describe),
    unasked: once.filter(([key]) => !isKnown.has(key)).map(([key]) => key),
    ran: runs.length,
  };
}

/** The same of each part of what was accepted; what was not asked for is in none of them. */
export function reckonEach(
  parts: ReadonlyMap<string, readonly Accepted[]>,
  { runs, operations }: Pick<Ledgers, "runs" | "operations">,
): ReadonlyMap<string, Reckoning> {
  const ran = Map.groupBy(runs, keyOf);
  return new Map(
    [...parts].map(([name, accepted]) => {
      const own = accepted.flatMap((one) => ran.get(keyOf(one)) ?? []);
      return [name, reckon({ accepted, runs: own, operations })];
    }),
  );
}

export function readRuns(path: string): readonly Run[] {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return lines.filter(Boolean).map((line) => {
    const run: unknown = JSON.parse(line);
    if (isRun(run)) return run;
    throw new Error(`not an entry of a ledger: ${line}`);
  });
}

/** All operations that the ACS knows of, by their ids. */
export async function allOperations(client: Client): Promise<ReadonlyMap<string, Operation>> {
  const found = new Map<string, Operation>();
  for (let cursor: string | undefined; ;) {
    const query = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await client.operations.list(query);
    for (const operation of items) found.set(operation.id, operation);
    if (next === undefined) return found;
    cursor = next;
  }
}

/** What of all that there was is not among what somebody was told. */
export function missing(all: readonly number[], told: readonly number[]): readonly number[] {
  const known = new Set(told);
  return all.filter((id) => !known.has(id));
}

function keyOf({ device, method, mark }: Run): string {
  return `${method} ${mark} of ${device}`;
}

function describe({ id, device, method, mark }: Accepted): string {
  return `${method} ${mark} of ${device} (${id})`;
}

function countOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

function isRun(value: unknown): value is Run {
  return (
    typeof value === "object" && value !== null && "device" in value && "method" in value && "mark" in value
  );
}

import {
  decodeDeviceResult,
  groupedEntries,
  isPartialPath,
  MAX_PATH_CHARS,
  type Fault,
  type ParameterValues,
  type RpcOutcome,
} from "@heliograph/protocol";
import type { RefreshBatch, RefreshEntry, RefreshPlan, RefreshTrouble } from "../ports/index.ts";
import { covers } from "./refresh-paths.ts";
import { withTrouble, weightOf } from "./refresh-step.ts";

const INVALID_NAME = 9005;
const METHOD_NOT_SUPPORTED = 9000;
/** An answer this quick and this small is one to ask for twice as much next time. */
const QUICK = { ms: 2_000, bytes: 65_536 };
/** One this slow, or this large, is one to ask for half. */
const SLOW = { ms: 10_000, bytes: 262_144 };

/** A read that was answered, and how long that took. */
export interface ReadAnswer {
  readonly entries: readonly RefreshEntry[];
  readonly outcome: RpcOutcome;
  readonly tookMs: number;
}

/** What the answer to a read makes of the plan: what is missing or spoilt is asked again in smaller parts. */
export function readOver(plan: RefreshPlan, answer: ReadAnswer): RefreshPlan {
  const { entries, outcome } = answer;
  if (outcome.fault !== undefined) return refused(plan, entries, outcome.fault);
  const decoded = decodeDeviceResult("GetParameterValues", outcome.result);
  const values = decoded.ok ? decoded.value.ParameterList : {};
  const came = [...groupedEntries(values)].map(([path]) => path);
  const bytes = sizeOf(values);
  const counted = { ...plan, read: plan.read + came.length, bytes: plan.bytes + bytes };
  const lacking = missing(entries, came);
  if (lacking.length === 0) {
    return { ...counted, batch: answered(counted, answer, bytes) };
  }
  if (lacking.length < entries.length) return { ...counted, parts: [lacking, ...plan.parts] };
  return unread(counted, entries, undefined);
}

/** What was not read because it was too much at once, or because of one name in it: in halves, or for itself. */
export function unread(
  plan: RefreshPlan,
  entries: readonly RefreshEntry[],
  fault: RefreshTrouble["fault"],
): RefreshPlan {
  const [only, ...others] = entries;
  if (only === undefined) return plan;
  if (others.length === 0) return unreadAlone(restored(plan), only, fault);
  const half = Math.ceil(entries.length / 2);
  // Behind the others, so that a device that falls silent at one name is asked for good ones in between.
  return { ...plan, parts: [...plan.parts, entries.slice(0, half), entries.slice(half)] };
}

/** A fault or a silence may be a matter of size. */
export function shrunk(plan: RefreshPlan, entries: readonly RefreshEntry[]): RefreshPlan {
  const { batch } = plan;
  const { size, most, before = { size, most } } = batch;
  const smaller = Math.max(1, Math.min(size, Math.floor(weightOf(entries) / 2)));
  return { ...plan, batch: { ...batch, size: smaller, most: smaller, before } };
}

function refused(plan: RefreshPlan, entries: readonly RefreshEntry[], { code, message }: Fault): RefreshPlan {
  const fault = { code, message };
  if (code === METHOD_NOT_SUPPORTED) {
    const troubles = entries.map(({ path }) => ({ path, fault }));
    return withTrouble({ ...plan, parts: [], ready: [], looks: [] }, troubles);
  }
  const isOfOneName = code === INVALID_NAME || entries.length === 1;
  return unread(isOfOneName ? plan : shrunk(plan, entries), entries, fault);
}

/** A name without its dot may be an object; an object that cannot be read at once is looked at. */
function unreadAlone(plan: RefreshPlan, entry: RefreshEntry, fault: RefreshTrouble["fault"]): RefreshPlan {
  const { path, looked } = entry;
  const trouble: RefreshTrouble = fault === undefined ? { path } : { path, fault };
  if (isPartialPath(path)) {
    if (looked !== true) return { ...plan, looks: [{ path }, ...plan.looks] };
    return fault === undefined ? plan : withTrouble(plan, [trouble]);
  }
  if (fault?.code !== INVALID_NAME || path.length >= MAX_PATH_CHARS) return withTrouble(plan, [trouble]);
  return { ...plan, looks: [{ path: `${path}.`, insteadOf: trouble }, ...plan.looks] };
}

/** It was one name, and not the size. */
export function restored(plan: RefreshPlan): RefreshPlan {
  const { before, ...batch } = plan.batch;
  return before === undefined ? plan : { ...plan, batch: { ...batch, ...before } };
}

/** How much to ask for next. A full batch that is answered after a fault shows that the fault was a matter of size. */
function answered(plan: RefreshPlan, { entries, tookMs }: ReadAnswer, bytes: number): RefreshBatch {
  const { before, ...batch } = plan.batch;
  const { size, most } = batch;
  if (before !== undefined) {
    return plan.parts.length > 0 ? plan.batch : { ...batch, isFound: true };
  }
  if (tookMs >= SLOW.ms || bytes >= SLOW.bytes) return { ...batch, size: Math.max(1, Math.floor(size / 2)) };
  const isFull = weightOf(entries) >= size;
  const isQuick = tookMs <= QUICK.ms && bytes <= QUICK.bytes;
  return isFull && isQuick ? { ...batch, size: Math.min(most, size * 2) } : batch;
}

function missing(entries: readonly RefreshEntry[], came: readonly string[]): readonly RefreshEntry[] {
  const names = new Set(came);
  return entries.filter(({ path }) => !names.has(path) && !came.some((name) => covers(path, name)));
}

function sizeOf(values: ParameterValues): number {
  let size = 0;
  for (const [path, value] of groupedEntries(values)) {
    size +=
      path.length +
      (typeof value === "string" ? value.length : String(Array.isArray(value) ? value[0] : value).length);
  }
  return size;
}

import {
  refreshLeft,
  type BoundedList,
  type RefreshBounds,
  type RefreshEntry,
  type RefreshLook,
  type RefreshPlan,
  type RefreshTrouble,
} from "../ports/index.ts";
import { segmentsOf } from "./refresh-paths.ts";

/** Objects with more parameters are looked at, also where their size is known. */
const MOST_AT_ONCE = 128;
/** What a refresh names of what it could not read, and of what it left out; the others it counts. */
const MOST_NAMED = 200;
const ROOTS = ["Device.", "InternetGatewayDevice."] as const;

/** The plan with the RPC that is next: none where all is read, or a bound is reached. */
export function chosen(plan: RefreshPlan, now: number): RefreshPlan {
  const cut = reached(plan, now);
  if (cut !== undefined) return isOver(plan) ? plan : { ...leaveAll(plan), cut };
  const [part, ...parts] = plan.parts;
  if (part !== undefined) return { ...plan, parts, step: { type: "read", entries: part, tries: 0 } };
  const [look, ...looks] = plan.looks;
  if (look === undefined || weightOf(plan.ready) >= plan.batch.size) return readNext(plan);
  if (plan.levels === "refused" && segmentsOf(look.path).length > 1) {
    const entries: readonly RefreshEntry[] = [{ path: look.path, weight: 1, looked: true }];
    return { ...plan, looks, step: { type: "read", entries, tries: 0 } };
  }
  return { ...plan, looks, step: { type: "look", ...look, tries: 0 } };
}

/** Names to be read. What goes beyond the bound of names is left out. */
export function withReady(plan: RefreshPlan, entries: readonly RefreshEntry[]): RefreshPlan {
  let room = plan.bounds.names - plan.read - refreshLeft(plan).parameters;
  const fits: RefreshEntry[] = [];
  const left: string[] = [];
  for (const entry of entries) {
    room -= entry.weight;
    if (room >= 0) fits.push(entry);
    else left.push(entry.path);
  }
  const next = { ...plan, ready: [...plan.ready, ...fits] };
  return left.length === 0 ? next : { ...next, leftOut: added(plan.leftOut, left), cut: "names" };
}

/** Objects that the device lists: read where they are known to be small, looked at where not. */
export function withObjects(plan: RefreshPlan, objects: readonly string[]): RefreshPlan {
  const small: RefreshEntry[] = [];
  const looks: RefreshLook[] = [];
  const left: string[] = [];
  for (const path of objects) {
    const size = Object.hasOwn(plan.sizes, path) ? plan.sizes[path] : undefined;
    if (size !== undefined && size <= Math.min(plan.batch.most, MOST_AT_ONCE))
      small.push({ path, weight: size });
    else if (size === undefined && segmentsOf(path).length > (plan.depth ?? Infinity)) left.push(path);
    else looks.push({ path });
  }
  const next = withReady({ ...plan, looks: [...looks, ...plan.looks] }, small);
  return left.length === 0 ? next : { ...next, leftOut: added(next.leftOut, left) };
}

export function withTrouble(plan: RefreshPlan, troubles: readonly RefreshTrouble[]): RefreshPlan {
  return { ...plan, unreadable: added(plan.unreadable, troubles) };
}

export function weightOf(entries: readonly RefreshEntry[]): number {
  return entries.reduce((sum, { weight }) => sum + weight, 0);
}

export function rootsOf({ root }: Pick<RefreshPlan, "root">): readonly string[] {
  return root === undefined ? ROOTS : [root];
}

function readNext(plan: RefreshPlan): RefreshPlan {
  const entries: RefreshEntry[] = [];
  let room = plan.batch.size;
  for (const entry of plan.ready) {
    if (entries.length > 0 && entry.weight > room) break;
    entries.push(entry);
    room -= entry.weight;
  }
  if (entries.length === 0) return plan;
  return { ...plan, ready: plan.ready.slice(entries.length), step: { type: "read", entries, tries: 0 } };
}

/** The bound that is reached. */
export function reached(plan: RefreshPlan, now: number): keyof RefreshBounds | undefined {
  const { bounds, startedAt = now } = plan;
  if (plan.rpcs >= bounds.rpcs) return "rpcs";
  if (now - startedAt >= bounds.ms) return "ms";
  if (plan.read >= bounds.names) return "names";
  return plan.bytes >= bounds.bytes ? "bytes" : undefined;
}

function isOver({ parts, ready, looks }: RefreshPlan): boolean {
  return parts.length + ready.length + looks.length === 0;
}

function leaveAll(plan: RefreshPlan): RefreshPlan {
  const { parts, ready, looks } = plan;
  const left = [...parts.flat(), ...ready, ...looks].map(({ path }) => path);
  return { ...plan, parts: [], ready: [], looks: [], leftOut: added(plan.leftOut, left) };
}

function added<T>({ items, count }: BoundedList<T>, more: readonly T[]): BoundedList<T> {
  return { items: [...items, ...more].slice(0, MOST_NAMED), count: count + more.length };
}

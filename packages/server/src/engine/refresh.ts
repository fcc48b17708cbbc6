import type { RpcOutcome } from "@heliograph/protocol";
import {
  quirkTable,
  type DeviceCall,
  type ObservedQuirks,
  type OperationEnd,
  type QuirkValue,
  type RefreshPlan,
} from "../ports/index.ts";
import { lookedAt } from "./refresh-look.ts";
import { readOver, restored, shrunk, unread } from "./refresh-read.ts";
import { chosen, reached, withTrouble } from "./refresh-step.ts";

const RESOURCES_EXCEEDED = 9004;
/** So often one name or object is asked for before it counts as one that the device does not answer for. */
const MAX_TRIES = 2;

/** How an RPC of a refresh ended, and how long that took. */
export interface RefreshAnswer {
  /** Undefined: the device did not answer. */
  readonly outcome: RpcOutcome | undefined;
  readonly now: number;
  readonly tookMs: number;
}

/** The RPC that is next, or out; undefined once the refresh is over. */
export function refreshCall({ step }: RefreshPlan): DeviceCall | undefined {
  if (step === undefined) return undefined;
  if (step.type === "look") {
    return { method: "GetParameterNames", params: { ParameterPath: step.path, NextLevel: true } };
  }
  return { method: "GetParameterValues", params: { ParameterNames: step.entries.map(({ path }) => path) } };
}

/** The plan after its RPC ended. */
export function advance(plan: RefreshPlan, { outcome, now, tookMs }: RefreshAnswer): RefreshPlan {
  const { step, ...rest } = plan;
  if (step === undefined) return plan;
  const counted: RefreshPlan = { ...rest, rpcs: plan.rpcs + 1, startedAt: plan.startedAt ?? now - tookMs };
  if (outcome === undefined) return unanswered(counted, step, now);
  const next =
    step.type === "look"
      ? lookedAt(counted, step, outcome)
      : readOver(counted, { entries: step.entries, outcome, tookMs });
  return chosen(next, now);
}

/** Whether an answer says that the device has no resources for so little as this. */
export function isStrained({ step }: RefreshPlan, outcome: RpcOutcome): boolean {
  if (outcome.fault?.code !== RESOURCES_EXCEEDED || step === undefined) return false;
  return step.type === "look" || step.entries.length === 1;
}

/** How a refresh that is over ended. */
export function refreshEnd(plan: RefreshPlan, at: number): OperationEnd | undefined {
  if (plan.step !== undefined) return undefined;
  const isVain = plan.read === 0 && plan.unreadable.count > 0;
  const left = leftWords(plan);
  if (isVain) return { state: "faulted", at, reason: left ?? "nothing could be read" };
  return left === undefined ? { state: "done", at } : { state: "done", at, reason: left };
}

/** What a refresh showed of its device that was not known. */
export function shownBy({ batch, levels, emptyPath, learned }: RefreshPlan): RefreshNews {
  const shown = [
    ["names-per-read", batch.isFound ? listed(batch.most) : undefined],
    ["next-level", levels === "untried" ? undefined : levels],
    ["empty-path", emptyPath === "untried" ? undefined : emptyPath],
  ] as const;
  const news = shown.filter(([name, value]) => value !== undefined && value !== learned[name]);
  return Object.fromEntries(news.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

export type RefreshNews = Pick<ObservedQuirks, "names-per-read" | "next-level" | "empty-path"> &
  Readonly<Record<string, string>>;

function unanswered(plan: RefreshPlan, step: NonNullable<RefreshPlan["step"]>, now: number): RefreshPlan {
  const isAlone = step.type === "look" || step.entries.length === 1;
  const isTried = step.tries + 1 >= MAX_TRIES || reached(plan, now) !== undefined;
  if (isAlone && !isTried) return { ...plan, step: { ...step, tries: step.tries + 1 } };
  if (step.type === "look") return chosen(withTrouble(plan, [step.insteadOf ?? { path: step.path }]), now);
  if (isAlone)
    return chosen(
      withTrouble(
        restored(plan),
        step.entries.map(({ path }) => ({ path })),
      ),
      now,
    );
  return chosen(unread(shrunk(plan, step.entries), step.entries, undefined), now);
}

const CUT_WORDS = {
  rpcs: ({ bounds }: RefreshPlan) => `${bounds.rpcs} RPCs`,
  ms: ({ bounds }: RefreshPlan) => `${Math.round(bounds.ms / 1000)} s`,
  names: ({ bounds }: RefreshPlan) => `${bounds.names} parameters`,
  bytes: ({ bounds }: RefreshPlan) => `${bounds.bytes} bytes`,
} as const;

function leftWords(plan: RefreshPlan): string | undefined {
  const { leftOut, cut } = plan;
  if (leftOut.count === 0) return undefined;
  const isOne = leftOut.count === 1;
  const [what, were, them] = isOne ? ["1 path", "was", "it"] : [`${leftOut.count} paths`, "were", "them"];
  return cut === undefined
    ? `${what} of which nothing was known ${were} left out: name ${them} to have ${them} read`
    : `it stopped at its bound of ${CUT_WORDS[cut](plan)}: ${what} ${were} left out`;
}

/** The largest number in the table that is not above this one. */
function listed(most: number): QuirkValue<"names-per-read"> {
  const { values } = quirkTable["names-per-read"];
  return values.find((value) => Number(value) <= most) ?? "1";
}

import { decodeDeviceResult, type Fault, type RpcOutcome } from "@heliograph/protocol";
import type { RefreshLook, RefreshPlan } from "../ports/index.ts";
import { levelOf, type Level } from "./refresh-level.ts";
import { isInstance, segmentsOf } from "./refresh-paths.ts";
import { rootsOf, withObjects, withReady, withTrouble } from "./refresh-step.ts";

const INVALID_NAME = 9005;
const INVALID_ARGUMENTS = 9003;
const REQUEST_DENIED = 9001;

/** What the answer to a look makes of the plan: its leaves are to be read, its objects to be read or looked at. */
export function lookedAt(plan: RefreshPlan, look: RefreshLook, outcome: RpcOutcome): RefreshPlan {
  if (outcome.fault !== undefined) return notTold(plan, look, outcome.fault);
  const answer = decodeDeviceResult("GetParameterNames", outcome.result);
  if (!answer.ok) return withTrouble(plan, [{ path: look.path }]);
  const level = levelOf(look.path, answer.value.ParameterList);
  const told: RefreshPlan = {
    ...plan,
    levels: level.isWhole ? "ignored" : plan.levels === "untried" ? "kept" : plan.levels,
    ...(look.path === "" ? { emptyPath: "answered" } : {}),
  };
  const leaves = level.leaves.map((path) => ({ path, weight: 1 }));
  return withObjects(withReady(told, leaves), objectsOf(level, look, plan));
}

/** Those that are listed, and those that were known before, which some devices leave out; instances may have gone. */
function objectsOf({ objects, isWhole }: Level, { path }: RefreshLook, plan: RefreshPlan): readonly string[] {
  if (isWhole) return [];
  const depth = segmentsOf(path).length + 1;
  const known = Object.keys(plan.sizes).filter((object) => {
    if (!object.startsWith(path)) return false;
    const segments = segmentsOf(object);
    return segments.length === depth && !isInstance(segments.at(-1) ?? "");
  });
  return [...new Set([...objects, ...known])];
}

function notTold(plan: RefreshPlan, look: RefreshLook, { code, message }: Fault): RefreshPlan {
  const { path, insteadOf } = look;
  if (insteadOf !== undefined) return withTrouble(plan, [insteadOf]);
  if (path === "") {
    const looks = rootsOf(plan).map((root) => ({ path: root }));
    return { ...plan, emptyPath: "refused", looks: [...looks, ...plan.looks] };
  }
  const trouble = { path, fault: { code, message } };
  if (segmentsOf(path).length === 1) {
    const known = objectsOf({ leaves: [], objects: [], isWhole: false }, look, plan);
    return known.length === 0 ? withTrouble(plan, [trouble]) : withObjects(plan, known);
  }
  const isOfNoUse = code === INVALID_NAME || code === REQUEST_DENIED;
  if (isOfNoUse) return withTrouble(plan, [trouble]);
  const refuses = code === INVALID_ARGUMENTS && plan.levels === "untried";
  const next: RefreshPlan = refuses ? { ...plan, levels: "refused" } : plan;
  return { ...next, parts: [[{ path, weight: 1, looked: true }], ...plan.parts] };
}

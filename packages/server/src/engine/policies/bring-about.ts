import { decodeDeviceResult, grouped, type RpcOutcome } from "@heliograph/protocol";
import {
  isEnd,
  type Compliance,
  type DeviceCall,
  type HeldPolicy,
  type LearnedParameters,
  type OperationRecord,
  type PolicyFault,
  type WantedObject,
} from "../../ports/index.ts";
import { differencesFrom, leavesOf, placesOf, type Wanted } from "./differences.ts";

/** Where a device that is told of no channel stands on its way to hold a policy. */
export interface Bringing {
  readonly policy: HeldPolicy;
  /** What else it holds, or is to hold. */
  readonly others: readonly HeldPolicy[];
  /** What it was asked last; undefined where it was asked nothing yet. */
  readonly operation: OperationRecord | undefined;
  readonly known: LearnedParameters;
  /** Where the answer to adding objects was lost before it looked again: what was there before. */
  readonly before?: ReadonlySet<string> | undefined;
}

/**
 * What is done next. `look`: it is read what is there, and where objects may have been added unheard, `before` is what was. `ask`: it is asked this. `again`: what it was asked came to nothing.
 * `end`: it stands so; `undo` is asked beside, so that what was added for it does not stay.
 */
export type Turn =
  | { readonly type: "wait" }
  | { readonly type: "look"; readonly paths: readonly string[]; readonly before?: ReadonlySet<string> }
  | { readonly type: "ask"; readonly rpcs: readonly DeviceCall[] }
  | { readonly type: "again" }
  | (Ending & { readonly type: "end"; readonly undo: readonly DeviceCall[] });

type Ending = Pick<Compliance, "state" | "faults">;

const INVALID_NAME = 9005;
const INTERNAL_ERROR = 9002;

/**
 * Brings a policy about by ordinary RPCs: reads what is there, adds the objects that are missing, and sets what differs by
 * one SetParameterValues, so that it is applied whole or not at all [LIGHT 6].
 */
export function nextTurn(bringing: Bringing): Turn {
  const { operation, policy } = bringing;
  if (operation === undefined) return { type: "look", paths: placesOf(policy) };
  if (!isEnd(operation.state)) return { type: "wait" };
  const isTold = operation.state === "done" || operation.state === "faulted";
  const adds = operation.rpcs.some(({ method }) => method === "AddObject");
  if (!isTold) return lost(bringing, { isOfAdding: adds, added: newIn(policy, operation) });
  if (operation.refresh !== undefined) return looked(bringing);
  return adds ? added(bringing, operation) : written(bringing, operation);
}

/** From the beginning; objects that were added, or may have been, do not have their key yet. */
function lost(
  { policy, known }: Bringing,
  { isOfAdding, added }: { readonly isOfAdding: boolean; readonly added: readonly string[] },
): Turn {
  if (!isOfAdding && added.length === 0) return { type: "again" };
  const before = new Set(instancesFor(policy, known).filter((path) => !added.includes(path)));
  return { type: "look", paths: placesOf(policy), before };
}

function looked({ policy, others, known, before }: Bringing): Turn {
  const { isThere, values, objects } = differencesFrom(policy, others, known);
  if (objects.length > 0) {
    const unheard = before && addedUnheard(objects, instancesFor(policy, known), before);
    if (unheard !== undefined) return { type: "ask", rpcs: [setting([...values, ...unheard])] };
    const rpcs = objects.map(({ object }) => call("AddObject", { ObjectName: object, ParameterKey: "" }));
    return { type: "ask", rpcs };
  }
  if (!isThere) return end({ state: "not-applicable" });
  return values.length === 0 ? end({ state: "applied" }) : { type: "ask", rpcs: [setting(values)] };
}

/**
 * What objects get that were added by a call whose answer was lost; undefined where what has come since is not as much as was
 * wanted, for then somebody else may have added it.
 */
function addedUnheard(
  objects: readonly WantedObject[],
  instances: readonly string[],
  before: ReadonlySet<string>,
): readonly Wanted[] | undefined {
  let came = instances.filter((path) => !before.has(path));
  const given: Wanted[] = [];
  for (const object of objects) {
    const path = came.find((each) => tableOf(each) === object.object);
    if (path === undefined) return undefined;
    came = came.filter((each) => each !== path);
    given.push(...leavesOf(object, path));
  }
  return came.length === 0 ? given : undefined;
}

/** The rows that are known of the tables in which the policy wants objects. */
function instancesFor({ content: { objects } }: HeldPolicy, known: LearnedParameters): readonly string[] {
  return Object.keys(known).filter((path) => objects.some(({ object }) => tableOf(path) === object));
}

function tableOf(path: string): string | undefined {
  return /^(.*\.)\d+\.$/.exec(path)?.[1];
}

function added({ policy, others, known }: Bringing, operation: OperationRecord): Turn {
  const paths = addedBy(operation);
  const before = Object.entries(known).filter(([path]) => !paths.includes(path));
  const { isThere, values, objects } = differencesFrom(policy, others, Object.fromEntries(before));
  if (operation.state === "faulted") {
    const faults = faultsOf(operation);
    const isNothing = !isThere && paths.length === 0 && faults.every(({ code }) => code === INVALID_NAME);
    return end(isNothing ? { state: "not-applicable" } : { state: "faulted", faults }, paths);
  }
  // They were asked for in the order in which they are missing.
  const own = objects.flatMap((object, index) => leavesOf(object, paths[index] ?? object.object));
  return { type: "ask", rpcs: [setting([...values, ...own])] };
}

function written({ policy }: Bringing, operation: OperationRecord): Turn {
  if (operation.state === "done") return end({ state: "applied" });
  return end({ state: "faulted", faults: faultsOf(operation) }, newIn(policy, operation));
}

function addedBy({ rpcs, outcomes }: OperationRecord): readonly string[] {
  return rpcs.flatMap(({ params: { ObjectName } }, index) => {
    const answer = decodeDeviceResult("AddObject", outcomes[index]?.result);
    const isAdded = answer.ok && typeof ObjectName === "string";
    return isAdded ? [`${ObjectName}${answer.value.InstanceNumber}.`] : [];
  });
}

/** Objects that were added for this: nobody else sets the leaves by which an object is known. */
function newIn({ content }: HeldPolicy, { rpcs }: OperationRecord): readonly string[] {
  const list = rpcs[0]?.params["ParameterList"];
  const groups = typeof list === "object" && list !== null ? Object.entries(list) : [];
  return groups.flatMap(([path, leaves]: [string, unknown]) => {
    const table = tableOf(path);
    const set = typeof leaves === "object" && leaves !== null ? Object.keys(leaves) : [];
    const isNew = content.objects.some(
      ({ object, key }) => object === table && Object.keys(key).every((leaf) => set.includes(leaf)),
    );
    return isNew ? [path] : [];
  });
}

function setting(values: readonly Wanted[]): DeviceCall {
  return call("SetParameterValues", { ParameterList: grouped(values), ParameterKey: "" });
}

function call(method: string, params: DeviceCall["params"]): DeviceCall {
  return { method, params };
}

function end(ending: Ending, added: readonly string[] = []): Turn {
  const undo = added.map((path) => call("DeleteObject", { ObjectName: path, ParameterKey: "" }));
  return { type: "end", ...ending, undo };
}

export function faultsOf({
  outcomes,
  reason = "it came to nothing",
}: OperationRecord): readonly PolicyFault[] {
  const fault = outcomes.map((outcome: RpcOutcome) => outcome.fault).find((each) => each !== undefined);
  if (fault === undefined) return [{ code: INTERNAL_ERROR, message: reason }];
  const told = fault.data?.SetParameterValuesFault ?? [];
  if (told.length === 0) return [{ code: fault.code, message: fault.message }];
  return told.map(({ ParameterName, FaultCode, FaultString }) => ({
    path: ParameterName,
    code: FaultCode,
    message: FaultString,
  }));
}

import { grouped } from "@heliograph/protocol";
import type { CompactValue, Fault, PolicyAnswerData, PolicySetting } from "@heliograph/protocol";
import type { DataModel } from "../data-model.ts";
import { heldValues, leavesOf, missingObjects } from "./held-values.ts";
import type { HeldValue, WantedObject } from "./held-values.ts";

export type PolicyFaults = NonNullable<PolicyAnswerData["Faults"]>;

/** What is to be brought about. */
export interface Applying {
  /** All that are to be held then, in their order. */
  readonly settings: readonly PolicySetting[];
  /** Whose objects are to be there. */
  readonly policy: PolicySetting | undefined;
  /** Which of the values are set where they differ. */
  readonly concerns: (held: HeldValue) => boolean;
}

/** An object that was added, and the leaves that it gets. */
interface Added {
  readonly path: string;
  readonly leaves: readonly (readonly [path: string, value: CompactValue])[];
}

/** Adds what is missing and sets what differs, all of it or nothing [LIGHT 6]; what was refused otherwise. */
export function bringAbout(model: DataModel, applying: Applying): PolicyFaults | undefined {
  const { settings, policy, concerns } = applying;
  const added: Added[] = [];
  const undo = (): void => {
    for (const { path } of added.toReversed()) model.deleteObject(path);
  };
  for (const wanted of policy === undefined ? [] : missingObjects(policy, model)) {
    const { result, fault } = model.addObject(wanted.Object);
    if (fault !== undefined) {
      undo();
      return [faultAt(wanted.Object, fault)];
    }
    added.push(addedAs(wanted, result));
  }
  const held = heldValues(settings, model);
  const own = added.flatMap(({ leaves }) => leaves).filter(([path]) => isOwn(held.get(path), policy));
  const others = [...held.values()].filter(concerns).map(({ path, value }) => [path, value] as const);
  const differing = [...others, ...own].filter(([path, value]) => !model.holds(path, value));
  const { fault } = model.setValues(grouped(differing));
  if (fault === undefined) return undefined;
  undo();
  return faultsOf(fault);
}

function addedAs({ Object: table, Key, Values }: WantedObject, instance: number): Added {
  const path = `${table}${instance}.`;
  const leaves = [...leavesOf(Values), ...leavesOf(Key)];
  return { path, leaves: leaves.map(([leaf, value]) => [`${path}${leaf}`, value] as const) };
}

function isOwn(held: HeldValue | undefined, policy: PolicySetting | undefined): boolean {
  return held === undefined || held.policy === policy?.Policy;
}

function faultsOf(fault: Fault): PolicyFaults {
  const told = fault.data?.SetParameterValuesFault ?? [];
  if (told.length === 0) return [{ FaultCode: fault.code, FaultString: fault.message }];
  return told.map(({ ParameterName, FaultCode, FaultString }) => ({
    Path: ParameterName,
    FaultCode,
    FaultString,
  }));
}

function faultAt(path: string, { code, message }: Fault): PolicyFaults[number] {
  return { Path: path, FaultCode: code, FaultString: message };
}

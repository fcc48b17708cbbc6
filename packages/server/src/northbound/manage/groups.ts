import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import type { DeviceCall } from "../../ports/index.ts";
import type { Question } from "./question.ts";

/** A question, and which of the group's RPCs answers it. */
export interface Member {
  readonly question: Question;
  /** The RPC's place in the group. */
  readonly rpc: number;
}

/** What is asked of one device together: run in order and uninterrupted, up to the first fault [LIGHT 5]. */
export interface Group {
  readonly device: DeviceKey;
  readonly rpcs: readonly DeviceCall[];
  readonly members: readonly Member[];
}

/**
 * One group for each device, in the order in which they were first named. Neighbouring SetParameterValues with the same
 * ParameterKey are one, which the device takes whole or not at all; of two values for one path the later counts.
 */
export function groupsOf(questions: readonly Question[]): readonly Group[] {
  const byDevice = Map.groupBy(questions, ({ device }) => device);
  return [...byDevice].map(([device, own]) => own.reduce(joined, { device, rpcs: [], members: [] }));
}

function joined(group: Group, question: Question): Group {
  const { device, rpcs, members } = group;
  const last = rpcs.at(-1);
  const merged = last && merge(last, question.call);
  const next = merged === undefined ? [...rpcs, question.call] : [...rpcs.slice(0, -1), merged];
  return { device, rpcs: next, members: [...members, { question, rpc: next.length - 1 }] };
}

/** Undefined where the two stay two. */
function merge(first: DeviceCall, second: DeviceCall): DeviceCall | undefined {
  const areSets = first.method === SET && second.method === SET;
  if (!areSets || keyOf(first) !== keyOf(second)) return undefined;
  const [one, other] = [listOf(first), listOf(second)];
  const objects = new Set([...Object.keys(one), ...Object.keys(other)]);
  const list = [...objects].map((object): readonly [string, JsonObject] => [
    object,
    { ...own(one, object), ...own(other, object) },
  ]);
  return { method: SET, params: { ...first.params, ParameterList: Object.fromEntries<JsonObject>(list) } };
}

const SET = "SetParameterValues";

function keyOf({ params }: DeviceCall): unknown {
  return params["ParameterKey"] ?? "";
}

function listOf({ params }: DeviceCall): JsonObject {
  const list = params["ParameterList"];
  return isObject(list) ? list : {};
}

function own(list: JsonObject, object: string): JsonObject {
  const leaves = Object.hasOwn(list, object) ? list[object] : undefined;
  return isObject(leaves) ? leaves : {};
}

function isObject(value: JsonObject[string] | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

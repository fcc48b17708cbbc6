import type { Declarations, ParameterDeclaration, PlainValue } from "@heliograph/agent";
import type { Chance } from "../chance.ts";

/** One device among its like: what makes it differ from the others. */
export interface Individual {
  readonly chance: Chance;
  /** Seconds that it has lived: what its counters and its clock go by. */
  readonly age: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a device is: its parameters, and which of them change by themselves. */
export interface DeviceModel {
  readonly declarations: Declarations;
  readonly drifts: readonly Drift[];
}

/** A value that moves now and then, as if somebody used the device. */
export interface Drift {
  readonly path: string;
  readonly next: (current: PlainValue) => PlainValue;
}

/** A part of a device, such as a row of a table: alike each time it is made, as after a factory reset. */
export function partOf(individual: Individual, ...names: readonly (string | number)[]): Individual {
  return { ...individual, chance: individual.chance.of(...names) };
}

/** Rises with age, from wherever it was when the device was switched on. */
export function counter({ age, chance }: Individual, perSecond: number): ParameterDeclaration {
  const start = chance.integer(0, 10_000_000);
  const rate = perSecond * (0.5 + chance.fraction());
  return { type: "unsignedLong", get: () => String(Math.floor(start + age() * rate)) };
}

export interface Swing {
  readonly from: number;
  readonly to: number;
  /** How long it takes there and back. 300 s where not given. */
  readonly seconds?: number;
}

/** Swings between two whole numbers, each device out of step with the others. */
export function swinging(
  individual: Individual,
  type: "int" | "unsignedInt",
  swing: Swing,
): ParameterDeclaration {
  const position = swingOf(individual, swing);
  return { type, get: () => Math.round(position()) };
}

/** The same with two decimals. */
export function swingingDecimal(individual: Individual, swing: Swing): ParameterDeclaration {
  const position = swingOf(individual, swing);
  return { type: "decimal", get: () => position().toFixed(2) };
}

function swingOf({ age, chance }: Individual, { from, to, seconds = 300 }: Swing): () => number {
  const phase = chance.fraction() * 2 * Math.PI;
  const middle = (from + to) / 2;
  return () => middle + ((to - from) / 2) * Math.sin((2 * Math.PI * age()) / seconds + phase);
}

/** A whole number that jumps anywhere within its bounds. */
export function jump(chance: Chance, min: number, max: number): Drift["next"] {
  return () => chance.integer(min, max);
}

/** The same rows in the same places, 1 and up. */
export function rows(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

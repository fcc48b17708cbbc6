import type { Fault } from "@heliograph/protocol";
import type { ObservedQuirks } from "./quirks.ts";

/** What a refresh may cost at most; what is not reached within it is left out, and said to be. */
export interface RefreshBounds {
  readonly rpcs: number;
  /** From its first RPC on. */
  readonly ms: number;
  readonly names: number;
  /** Of the names and values that came. */
  readonly bytes: number;
}

/** A name to be read, or a partial path with as many parameters as it is thought to hold. */
export interface RefreshEntry {
  readonly path: string;
  readonly weight: number;
  /** The device lists it, or was tried to: it is not looked at again. */
  readonly looked?: true;
}

/** An object whose next level is asked for. */
export interface RefreshLook {
  readonly path: string;
  /** The name that was refused as a parameter: perhaps it is an object whose dot was left out. */
  readonly insteadOf?: RefreshTrouble;
}

/** What one RPC of a refresh asks. `tries` are those that were not answered. */
export type RefreshStep =
  | (RefreshLook & { readonly type: "look"; readonly tries: number })
  | { readonly type: "read"; readonly entries: readonly RefreshEntry[]; readonly tries: number };

/** What cannot be read; without a fault the device says nothing of it. */
export interface RefreshTrouble {
  readonly path: string;
  readonly fault?: Pick<Fault, "code" | "message">;
}

/** A list that is cut at its bound, and how long it would be. */
export interface BoundedList<T> {
  readonly items: readonly T[];
  readonly count: number;
}

/** How many names one RPC may ask for. */
export interface RefreshBatch {
  readonly size: number;
  /** It grows no further: the device cannot bear more. */
  readonly most: number;
  /** What held before a fault that may be a matter of size, or of one name. */
  readonly before?: { readonly size: number; readonly most: number };
  /** A fault was a matter of size: `most` was found in this refresh. */
  readonly isFound: boolean;
}

/** What is yet to be done, as far as it is known: parameters to be read, objects to be looked into. */
export function refreshLeft({ ready, parts, looks, step }: RefreshPlan) {
  const out = step?.type === "read" ? step.entries : [];
  const entries = [...ready, ...parts.flat(), ...out];
  return {
    parameters: entries.reduce((sum, { weight }) => sum + weight, 0),
    objects: looks.length + (step?.type === "look" ? 1 : 0),
  };
}

/** The plan of a refresh, from which it goes on after every answer and every restart. */
export interface RefreshPlan {
  /** What was asked for; nothing: what was known before, and the first levels. */
  readonly paths: readonly string[];
  readonly bounds: RefreshBounds;
  /** `Device.` or `InternetGatewayDevice.`, where it is known. */
  readonly root?: string;
  /** The RPC that is next, or out; undefined once the refresh is over. */
  readonly step?: RefreshStep;
  /** Asked again in these parts, before anything else. */
  readonly parts: readonly (readonly RefreshEntry[])[];
  /** To be read, in batches. */
  readonly ready: readonly RefreshEntry[];
  readonly looks: readonly RefreshLook[];
  /** How many parameters an object is known to have; of objects within small ones, nothing. */
  readonly sizes: Readonly<Record<string, number>>;
  /** How many segments an object may have that is looked at though nothing of it was known; undefined: any. */
  readonly depth?: number;
  readonly batch: RefreshBatch;
  /** What the device makes of being asked for the next level. */
  readonly levels: "untried" | "kept" | "ignored" | "refused";
  readonly emptyPath: "untried" | "answered" | "refused";
  /** What was learned of its model before: only what is new is learned from it. */
  readonly learned: ObservedQuirks;
  readonly startedAt?: number;
  /** Answers so far. */
  readonly rpcs: number;
  /** Parameters read. */
  readonly read: number;
  readonly bytes: number;
  readonly unreadable: BoundedList<RefreshTrouble>;
  readonly leftOut: BoundedList<string>;
  /** Why it was cut short. */
  readonly cut?: keyof RefreshBounds;
}

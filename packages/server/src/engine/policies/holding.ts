import {
  MOST_MENDED_AN_HOUR,
  type Compliance,
  type HeldPolicy,
  type LearnedParameters,
} from "../../ports/index.ts";
import { differencesFrom, isTold } from "./differences.ts";

const HOUR_MS = 3_600_000;

/** Where a device stands that held a policy, by what is known of it now. */
export type Standing = Pick<Compliance, "state" | "drifted" | "mended">;

/**
 * Whether a device still holds what it held; undefined where nothing is new. Where it is to be mended it is, at most so often
 * an hour: then something is fighting it [LIGHT 6].
 */
export function holding(
  row: Compliance,
  { policy, drifted }: { readonly policy: HeldPolicy; readonly drifted: readonly string[] },
  now: number,
): Standing | undefined {
  const recent = row.mended.filter((at) => at > now - HOUR_MS);
  if (drifted.length === 0) {
    return row.state === "applied" ? undefined : { state: "applied", mended: recent };
  }
  if (policy.content.hold === "report") {
    const isKnown = row.state === "drifted" && row.drifted?.join() === drifted.join();
    return isKnown ? undefined : { state: "drifted", drifted, mended: recent };
  }
  if (recent.length >= MOST_MENDED_AN_HOUR) {
    return row.state === "fighting" ? undefined : { state: "fighting", drifted, mended: recent };
  }
  return { state: "drifted", drifted, mended: [...recent, now] };
}

/** Whether something that fights a policy has been left alone long enough for the device to be mended once more. */
export function isDueAgain({ state, mended }: Compliance, now: number): boolean {
  return state === "fighting" && mended.filter((at) => at > now - HOUR_MS).length < MOST_MENDED_AN_HOUR;
}

/** Paths of a policy that are known to differ, and the tables of objects that are known to be gone. */
export function driftedFrom(
  policy: HeldPolicy,
  others: readonly HeldPolicy[],
  known: LearnedParameters,
): readonly string[] {
  const { values, objects } = differencesFrom(policy, others, known);
  const told = values.filter((value) => isTold(known, value)).map(([path]) => path);
  return [...objects.map(({ object }) => object), ...told];
}

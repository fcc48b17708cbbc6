import { countGrouped, isWithin, type Fault, type Grouped } from "@heliograph/protocol";

/** What a device cannot bear when its tree is read. */
export interface Weakness {
  /** More parameters in one answer are refused with 9004. */
  readonly maxNames?: number;
  /** A parameter that makes every read with it fail with 9005, which does not say which it was. */
  readonly badName?: string;
  /** An empty path is refused with 9005. */
  readonly refusesEmptyPath?: boolean;
}

/** Why the device does not look at a path; undefined where it does. */
export function lookRefused({ refusesEmptyPath }: Weakness, path: string): Fault | undefined {
  return refusesEmptyPath === true && path === "" ? fault(9005, "Invalid parameter name") : undefined;
}

/** Why it does not read what it was asked for; undefined where it does. */
export function readRefused(
  { maxNames = Infinity, badName, refusesEmptyPath }: Weakness,
  { names, values }: { readonly names: readonly string[]; readonly values: Grouped<unknown> },
): Fault | undefined {
  const isBad = names.some(
    (name) =>
      (badName !== undefined && isWithin(badName, name)) || (refusesEmptyPath === true && name === ""),
  );
  if (isBad) return fault(9005, "Invalid parameter name");
  return countGrouped(values) > maxNames ? fault(9004, "Resources exceeded") : undefined;
}

function fault(code: number, message: string): Fault {
  return { code, message };
}

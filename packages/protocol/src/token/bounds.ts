import { refuse, type Decoded } from "../decoded.ts";
import type { Limits } from "../limits.ts";

/**
 * Whether a value parsed from JSON keeps to the limits, those of its parts included that nobody reads. It ends where one is
 * exceeded, so that no nesting is too deep for it.
 */
export function withinLimits(value: unknown, at: string, limits: Limits): Decoded<unknown> {
  const { maxDepth, maxNodes } = limits;
  let left = maxNodes;
  const measure = (part: unknown, depth: number): Excess => {
    if (typeof part !== "object" || part === null) return undefined;
    if (depth > maxDepth) return "it is nested too deep";
    const inner: readonly unknown[] = Array.isArray(part) ? part : Object.values(part);
    left -= inner.length;
    if (left < 0) return "it holds too many values";
    for (const each of inner) {
      const excess = measure(each, depth + 1);
      if (excess !== undefined) return excess;
    }
    return undefined;
  };
  const excess = measure(value, 1);
  return excess === undefined ? { ok: true, value } : refuse("over-limit", at, excess);
}

type Excess = "it is nested too deep" | "it holds too many values" | undefined;

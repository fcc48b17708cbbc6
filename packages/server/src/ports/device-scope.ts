import { parseExpression, printExpression, type DeviceKey, type Expression } from "@heliograph/protocol";
import type { Clock } from "./clock.ts";
import type { Rights } from "./rights.ts";
import type { Store } from "./store.ts";

export interface ScopePorts {
  readonly store: Pick<Store, "coveredDevices">;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Rights as they are on these devices at this moment: a scope by expression becomes those of them of which it is true, so that
 * whoever decides by them decides by present facts [LIGHT 7]. Any other scope stays as it is.
 */
export async function rightsOn(
  rights: Rights,
  devices: readonly DeviceKey[],
  { store, clock }: ScopePorts,
): Promise<Rights> {
  const { devices: scope } = rights;
  if (scope.type !== "expression") return rights;
  const where = readPrinted(scope.expression);
  const keys = devices.length === 0 ? [] : await store.coveredDevices({ where, now: clock.now(), devices });
  return { ...rights, devices: { type: "keys", keys: devices.filter((device) => keys.includes(device)) } };
}

/** Whether all of an expression must be true where the other is: each of its terms is one of the other's. */
export function isNarrower(printed: string, than: string): boolean {
  const terms = termsOf(printed);
  return termsOf(than).every((term) => terms.includes(term));
}

/** An expression that was read before. Throws where it is none. */
export function readPrinted(printed: string): Expression {
  const read = parseExpression(printed);
  if (!read.ok) throw new Error(`what was printed is no expression: ${read.problem.detail}`);
  return read.value;
}

function termsOf(printed: string): readonly string[] {
  const expression = readPrinted(printed);
  return expression.type === "and" ? expression.terms.map(printExpression) : [printExpression(expression)];
}

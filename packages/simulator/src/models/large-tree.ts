import type { Declarations } from "@heliograph/agent";

const LEAVES = 10;
const ROWS = 10;
/** Where the parameters lie that a device has more than others of its kind. */
const ROOT = "Device.X_F0F0F0_Tree.";

/** So many parameters, ten in an object and ten objects in one: `Device.X_F0F0F0_Tree.Part.3.Row.7.Value4`. */
export function largeTree(parameters: number): Declarations {
  return Object.fromEntries(
    Array.from({ length: parameters }, (_, at) => {
      const row = Math.floor(at / LEAVES);
      const part = Math.floor(row / ROWS) + 1;
      return [`${ROOT}Part.${part}.Row.${(row % ROWS) + 1}.Value${(at % LEAVES) + 1}`, `value ${at}`];
    }),
  );
}

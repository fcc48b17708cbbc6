import { test } from "node:test";
import { SUBPROTOCOLS } from "@heliograph/agent";
import { seededRandom } from "@heliograph/testkit";
import { acsInitiated, acsInitiatedLight, cpeInitiated, deviceInitiatedLight } from "./dialogs.ts";
import { killAtEveryPoint } from "./kill-at-every-point.ts";

/**
 * A light dialog is the same to the engine and the store in every subprotocol. So those after the first are killed at one
 * point in so many, others with each run; with `HELIOGRAPH_EVERY_POINT` at all of them.
 */
const ONE_IN = process.env["HELIOGRAPH_EVERY_POINT"] === undefined ? 6 : 1;
const [usual, ...others] = SUBPROTOCOLS.map((subprotocol) => [
  deviceInitiatedLight(subprotocol),
  acsInitiatedLight(subprotocol),
]);

const dialogs = [
  ...[cpeInitiated, acsInitiated, ...(usual ?? [])].map((dialog) => ({ dialog, oneIn: 1 })),
  ...others.flat().map((dialog) => ({ dialog, oneIn: ONE_IN })),
];

for (const { dialog, oneIn } of dialogs) {
  test(`${dialog.title}: whatever is written or sent when the server is killed, nothing accepted is lost or runs twice`, (t) => {
    const first = seededRandom((line) => t.diagnostic(line)).integer(0, oneIn - 1);
    return killAtEveryPoint(t, dialog, { oneIn, first });
  });
}

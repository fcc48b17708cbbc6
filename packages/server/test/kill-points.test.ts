import { test } from "node:test";
import { SUBPROTOCOLS } from "@heliograph/agent";
import { acsInitiated, acsInitiatedLight, cpeInitiated, deviceInitiatedLight } from "./dialogs.ts";
import { killAtEveryPoint } from "./kill-at-every-point.ts";

const light = SUBPROTOCOLS.flatMap((subprotocol) => [
  deviceInitiatedLight(subprotocol),
  acsInitiatedLight(subprotocol),
]);

for (const dialog of [cpeInitiated, acsInitiated, ...light]) {
  test(`${dialog.title}: whatever is written or sent when the server is killed, nothing accepted is lost or runs twice`, (t) =>
    killAtEveryPoint(t, dialog));
}

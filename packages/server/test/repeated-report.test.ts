import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcsRequest } from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import { runAcs } from "./running-acs.ts";

const times = { StartTime: "2026-01-01T00:00:00Z", CompleteTime: "2026-01-01T00:01:00Z" };
const unit = {
  UUID: "00000000-0000-0000-0000-000000000000",
  CurrentState: "Installed",
  Resolved: true,
  ...times,
  Fault: { FaultCode: 0 },
};
const reports: readonly AcsRequest[] = [
  { method: "TransferComplete", params: { CommandKey: "k", FaultStruct: { FaultCode: 0 }, ...times } },
  {
    method: "AutonomousTransferComplete",
    params: {
      IsDownload: true,
      FileType: "1 Firmware Upgrade Image",
      FaultStruct: { FaultCode: 0 },
      ...times,
    },
  },
  { method: "DUStateChangeComplete", params: { Results: [unit], CommandKey: "k" } },
  {
    method: "AutonomousDUStateChangeComplete",
    params: { Results: [{ ...unit, OperationPerformed: "Install" }] },
  },
];

for (const report of reports) {
  test(`${report.method}, told again in a later session, is answered as before and stored once [CWMP-SESSION-13, RPCS-SESSION-22]`, async () => {
    await using acs = await runAcs();
    await using device = new LockstepDevice({ acsUrl: acs.url });
    await device.inform({ events: ["0 BOOTSTRAP"] });
    await device.expectRpc("SetParameterValues");
    await device.fault(9001, "no credentials, please");
    await device.expectNothing();
    for (const events of [["7 TRANSFER COMPLETE"], ["1 BOOT", "7 TRANSFER COMPLETE"]]) {
      await device.inform({ events });
      for (let count = 0; count < 2; count += 1) assert.deepEqual(await device.request(report), {});
      await device.expectNothing();
    }
    const { items } = await acs.client.devices.events(device.key, { limit: 100 });
    assert.equal(items.filter(({ data }) => data["method"] === report.method).length, 1);
  });
}

import { subprotocols, testAcs, type Row } from "@heliograph/conformance";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { RunningServer } from "./running-server.ts";

const DEVICE = "5A5A5A-ConformanceKit-1";

for (const subprotocol of subprotocols) {
  test(`the ACS passes the conformance kit in ${subprotocol}`, async () => {
    using folder = tempDir();
    await using server = await RunningServer.start(folder, "loopback");
    const rows = await testAcs(
      {
        url: server.life.acsUrl,
        subprotocol,
        device: { oui: "5A5A5A", productClass: "ConformanceKit", serialNumber: "1" },
        trust: {},
        patienceMs: 5_000,
      },
      { allowed: new Set(["destruction"]), onRow: (row) => void give(server, row) },
    );
    assert.deepEqual(
      rows.filter(({ verdict }) => verdict === "fail"),
      [],
    );
    const passed = rows.filter(({ verdict }) => verdict === "pass").length;
    assert.ok(passed > 30, `only ${passed} of ${rows.length} were looked at`);
    assert.deepEqual(rows.filter(isUnwilling), []);
  });
}

/** Work for the device, once it is known: what the ACS calls is looked at as well. */
async function give({ client }: RunningServer, { rule }: Row): Promise<void> {
  if (rule !== "LIGHT-LIVE-1") return;
  const params = { ParameterList: { "Device.X_5A5A5A_Lamp.": { Name: "red" } }, ParameterKey: "k" };
  await client.operations.create(DEVICE, { method: "SetParameterValues", params });
}

/** The kit skips of itself only what takes long, what needs a password, and what another way of referring makes moot. */
function isUnwilling({ verdict, reason = "" }: Row): boolean {
  return (
    verdict === "skipped" && !/takes a minute|no password|passcode|before it saw the second/.test(reason)
  );
}

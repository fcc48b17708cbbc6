import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { FailingDisk, whyNoFaults } from "./failing-disk.ts";
import { servedDevice } from "./served-device.ts";

for (const error of ["EIO", "EROFS"] as const) {
  test(`where the disk says ${error} to every write, nothing is accepted, and all goes on once it is sound`, async (t) => {
    const why = whyNoFaults();
    if (why !== undefined) {
      t.skip(why);
      return;
    }
    using folder = tempDir();
    await using server = await RunningServer.start(folder, "loopback");
    const { client, supervisor } = server;
    await using device = await servedDevice(server);
    const before = await client.operations.create(device.key, { method: "Reboot" });
    {
      await using broken = await FailingDisk.under(supervisor.pid ?? assert.fail("no server runs"), error);
      assert.equal(broken.error, error);
      for (let count = 0; count < 3; count += 1) {
        const refused = client.operations.create(device.key, { method: "FactoryReset" });
        await assert.rejects(refused, (refusal) => {
          assert.ok(refusal instanceof ApiError);
          assert.equal(refusal.reason, "store-full");
          assert.match(
            refusal.problem.detail,
            /^the disk of the store cannot be written [(].+[)]: nothing can be changed/,
          );
          return true;
        });
      }
      const { items } = await client.operations.list({ device: device.key });
      assert.deepEqual(
        items.map(({ id }) => id),
        [before.id],
      );
    }
    const after = await client.operations.create(device.key, { method: "GetRPCMethods" });
    await supervisor.kill();
    const again = await supervisor.up(2);
    assert.equal(again.number, 2);
    const { items } = await client.operations.list({ device: device.key });
    assert.deepEqual(
      items.map(({ id }) => id),
      [after.id, before.id],
    );
  });
}

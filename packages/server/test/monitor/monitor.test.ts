import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Publication } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import { RunningServer } from "../running-server.ts";
import { LEVEL, WatchedDevice } from "./watched-device.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

for (const speaks of ["cwmp.json", "not"] as const) {
  test(`what a device tells by Inform is published on its monitor, light: ${speaks} [LIGHT-MONITOR-1]`, async () => {
    await using device = await WatchedDevice.start({
      acsUrl: acs.life.acsUrl,
      serial: `monitored${speaks.replaceAll(/\W/g, "")}`,
      speaks,
    });
    const monitor = `private/${device.key}/monitor`;
    const stop = new AbortController();
    const followed = acs.client.channels.follow(monitor, { signal: stop.signal });
    const first = followed.next();
    await appears(monitor);
    device.model.setAttributes({ "Device.Sky.1.": { Level: { Notification: 2 } } });
    device.model.set(LEVEL, 42);
    const published = await within(first, "a publication");
    assert.ok(published.done !== true);
    assert.deepEqual(valuesIn(published.value), { Level: 42 });
    stop.abort(new Error("nobody follows any more"));
    await followed.return();
    const { items } = await acs.client.channels.publications(monitor);
    assert.equal(items.length, 1);
    await assert.rejects(acs.client.channels.get("private/F0F0F0-Sundial-none/monitor"));
  });
}

/** Who follows it opens it. */
async function appears(monitor: string): Promise<void> {
  for (;;) {
    const { items } = await acs.client.channels.list();
    if (items.some(({ name }) => name === monitor)) return;
  }
}

function valuesIn({ data }: Publication): unknown {
  const list = data["ParameterList"];
  assert.ok(typeof list === "object" && list !== null && "Device.Sky.1." in list);
  return list["Device.Sky.1."];
}

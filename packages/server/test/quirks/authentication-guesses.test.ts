import assert from "node:assert/strict";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { admitted, equipped, FIRST_CONTACT, startClosed } from "./authentication-answers.ts";
import { BareDevice, readCall } from "./bare-device.ts";
import type { BareReply } from "./bare-wire.ts";

test("a device that is refused is named, and nothing else is kept of it [QUIRKS-AUTH-52]", async () => {
  using folder = tempDir();
  await using server = await startClosed(folder);
  await using device = new BareDevice(server);
  const refused = await guess(device, "guess");
  assert.match(refused.bytes, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  const { items } = await server.client.audit();
  const refusals = items.filter(({ action }) => action === "device-refused");
  assert.deepEqual(
    refusals.map(({ device: named, detail }) => [named, detail["reason"]]),
    [[device.key, "wrong credentials"]],
  );
  assert.doesNotMatch(JSON.stringify(items), /guess|shared secret/);
  assert.deepEqual((await server.client.devices.list()).items, []);
});

test("thirty wrong answers a minute are heard from an address, then the secret is right for nobody there, and its devices come in all the same", async () => {
  using folder = tempDir();
  await using server = await startClosed(folder);
  await using device = new BareDevice(server);
  const login = await equipped(server, device);
  await using stranger = new BareDevice(server);
  for (let count = 1; count <= 30; count += 1) {
    assert.equal((await guess(stranger, `guess ${count}`)).status, 401);
  }
  for (const password of ["guess 31", FIRST_CONTACT.password]) {
    const refused = await guess(stranger, password);
    assert.match(refused.bytes, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    assert.match(refused.bytes, /\r\nRetry-After: [1-9]\d?\r\n/);
    assert.match(refused.bytes, /\r\nConnection: close\r\n/);
    await stranger.reconnect();
  }
  assert.equal((await server.client.devices.list()).items.length, 1);
  assert.equal((await admitted(device, login)).status, 200);
  await device.wanted({ method: "Reboot", params: { CommandKey: "k" } });
  assert.equal(readCall(await device.post("")).method, "Reboot");
});

/** The reply to an Inform that answers its challenge with a password. */
function guess(device: BareDevice, password: string): Promise<BareReply> {
  return admitted(device, { ...FIRST_CONTACT, password });
}

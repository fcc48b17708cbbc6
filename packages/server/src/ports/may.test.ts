import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { beyond, may } from "./may.ts";
import { isPrefix } from "./path-scope.ts";
import { builtInRoles, noRights, type Rights } from "./rights.ts";

const device = parseDeviceKey("00D09E-IGD-1") ?? assert.fail("it is a key");
const other = parseDeviceKey("00D09E-IGD-2") ?? assert.fail("it is a key");
const WIFI: Rights = {
  ...noRights,
  devices: { type: "keys", keys: [device] },
  methods: { type: "names", names: ["GetParameterValues", "SetParameterValues"] },
  read: ["Device.WiFi."],
  write: ["Device."],
  channels: { type: "names", names: ["public/status"] },
};

test("whoever has no rights may do nothing", () => {
  const reach = { method: "GetRPCMethods", reads: [], writes: [] };
  for (const wish of [
    { type: "see", device },
    { type: "call", device, calls: [reach] },
    { type: "follow", channel: "public/status" },
    { type: "act", act: "configure" },
  ] as const) {
    assert.equal(may(noRights, wish).type, "refused");
    assert.equal(may(builtInRoles.admin, wish).type, "allowed");
  }
});

test("an act on a device needs both the act and the device", () => {
  const rights: Rights = { ...WIFI, acts: ["trace"] };
  assert.equal(may(rights, { type: "act", act: "trace", device }).type, "allowed");
  assert.equal(may(rights, { type: "act", act: "trace", device: other }).type, "refused");
  assert.equal(may(rights, { type: "act", act: "keep-files", device }).type, "refused");
});

test("the refusal says what is missing", () => {
  const reach = { method: "GetParameterValues", reads: ["Device.DNS."], writes: [] };
  assert.deepEqual(may(WIFI, { type: "call", device, calls: [reach] }), {
    type: "refused",
    reason: "reading Device.DNS. is not among what you may",
  });
});

test("every role is within the admin's, and rights are within themselves", () => {
  for (const rights of [...Object.values(builtInRoles), WIFI, noRights]) {
    assert.equal(beyond(rights, rights), undefined);
    assert.equal(beyond(rights, builtInRoles.admin), undefined);
    assert.equal(beyond(noRights, rights), undefined);
  }
});

test("what goes beyond is told, whichever part of the rights it is in", () => {
  const wider: readonly (readonly [Partial<Rights>, string])[] = [
    [{ devices: { type: "every" } }, "every device"],
    [{ devices: { type: "keys", keys: [device, other] } }, `the device ${other}`],
    [{ methods: { type: "every" } }, "the method of any name"],
    [{ methods: { type: "names", names: ["Reboot"] } }, "the method Reboot"],
    [{ read: ["Device."] }, "reading Device."],
    [{ read: ["Device.WiFi.", ""] }, "reading "],
    [{ write: ["Device.ManagementServer."] }, "writing Device.ManagementServer."],
    [{ channels: { type: "every" } }, "the channel of any name"],
    [{ acts: ["trace"] }, "trace"],
    [{ secrets: "shown" }, "secrets"],
  ];
  for (const [change, excess] of wider) assert.equal(beyond({ ...WIFI, ...change }, WIFI), excess);
});

test("devices by an expression are within those of a wider one, and no keys are: who is among them changes", () => {
  const by = (expression: string): Rights => ({ ...WIFI, devices: { type: "expression", expression } });
  const berlin = by('tag = "berlin"');
  assert.equal(beyond(by('tag = "gold" and tag = "berlin"'), berlin), undefined);
  assert.equal(beyond(berlin, berlin), undefined);
  assert.equal(beyond({ ...WIFI, devices: { type: "keys", keys: [] } }, berlin), undefined);
  assert.equal(beyond(berlin, builtInRoles.admin), undefined);
  for (const more of [WIFI, by('tag = "gold"'), by('tag = "berlin" or tag = "gold"')])
    assert.equal(beyond(more, berlin), 'devices but by the expression (tag = "berlin") and more');
  assert.equal(beyond(berlin, WIFI), "devices by an expression");
});

test("an expression whose devices nobody has looked up gives none", () => {
  const rights: Rights = { ...WIFI, devices: { type: "expression", expression: "has tag" } };
  assert.equal(may(rights, { type: "see", device }).type, "refused");
});

test("with a star for its owner a channel is that of each device, and no other channel", () => {
  const rights: Rights = { ...WIFI, channels: { type: "names", names: ["private/*/monitor"] } };
  const follow = (channel: string) => may(rights, { type: "follow", channel }).type;
  assert.equal(follow(`private/${device}/monitor`), "allowed");
  for (const other of [`private/${device}/config`, "private/a/b/monitor", "public/monitor"])
    assert.equal(follow(other), "refused", other);
  const one: Rights = { ...WIFI, channels: { type: "names", names: [`private/${device}/monitor`] } };
  assert.equal(beyond(one, rights), undefined);
  assert.equal(beyond(rights, one), "the channel private/*/monitor");
});

test("a prefix is a path by its segments, with stars for instances and without aliases", () => {
  for (const good of [
    "",
    "Device.",
    "Device.WiFi.Radio.1.Channel",
    "Device.WiFi.SSID.*.",
    "Device.X_00D09E_Y.",
  ]) {
    assert.ok(isPrefix(good), good);
  }
  for (const bad of ["Device..WiFi.", ".", " Device.", "Device.WiFi.[a].", "Device.W*.", "Device.WiFi.%"]) {
    assert.ok(!isPrefix(bad), bad);
  }
});

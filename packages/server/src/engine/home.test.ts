import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionId, engineId, gatewayId, type EngineId } from "../ports/index.ts";
import { homeOf, ownerOf } from "./home.ts";

const engines = ["1f", "2e", "3d", "4c"].map(engineId);
const devices = Array.from({ length: 4_000 }, (_, number) => `00D09E-Box-${number}`);

test("each engine is home to its share", () => {
  const counts = Map.groupBy(devices, (device) => homeOf(device, engines));
  for (const engine of engines) {
    const share = counts.get(engine)?.length ?? 0;
    assert.ok(share > 850 && share < 1_150, `${engine} is home to ${share} of 4000`);
  }
});

test("an engine that goes leaves everybody else's where they are", () => {
  const [gone, ...left] = engines;
  for (const device of devices) {
    const before = homeOf(device, engines);
    const after = homeOf(device, left);
    if (before !== gone) assert.equal(after, before);
  }
});

test("an engine that comes takes its share, and nothing moves but to it", () => {
  const newcomer = engineId("5b");
  const moved = devices.filter(
    (device) => homeOf(device, engines) !== homeOf(device, [...engines, newcomer]),
  );
  assert.ok(moved.length > 650 && moved.length < 950, `${moved.length} of 4000 moved`);
  for (const device of moved) assert.equal(homeOf(device, [...engines, newcomer]), newcomer);
});

test("the order in which engines are known does not matter, and nobody's home is nowhere", () => {
  for (const device of devices.slice(0, 100)) {
    assert.equal(homeOf(device, [...engines].reverse()), homeOf(device, engines));
  }
  assert.equal(homeOf("00D09E-Box-1", []), undefined);
});

test("a device is its connection's engine's while that one lives, and at home else", () => {
  const key = devices[0] ?? "";
  const home = homeOf(key, engines);
  const other = engines.find((engine) => engine !== home) ?? engineId("none");
  assert.equal(ownerOf({ key }, engines), home);
  assert.equal(ownerOf({ key, connection: of(other) }, engines), other);
  assert.equal(ownerOf({ key, connection: { ...of(other), closed: true } }, engines), home);
  assert.equal(ownerOf({ key, connection: of(engineId("gone")) }, engines), home);
});

function of(engine: EngineId) {
  const id = connectionId("c1");
  return { id, transport: "light", gateway: gatewayId("g"), engine, openedAt: 0 } as const;
}

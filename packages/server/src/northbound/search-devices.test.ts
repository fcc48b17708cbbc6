import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceKey, parseExpression } from "@heliograph/protocol";
import type { DeviceRecord, DeviceSearch, Page } from "../ports/index.ts";
import { searchDevices, type Search } from "./search-devices.ts";

const read = parseExpression("has key");
assert.ok(read.ok);
const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "1" };
const key = deviceKey(deviceId);
assert.ok(key !== undefined);
const DEVICE: DeviceRecord = {
  key,
  deviceId,
  approval: "approved",
  enrolledAt: 0,
  enrolledBy: "open-enrolment",
  address: "192.0.2.1",
  facts: {},
  generation: 0,
  wake: { attempts: 0 },
  credentials: "none",
  credentialVersion: 0,
  tags: [],
};
const SEARCH: Search = { where: read.value, after: undefined, limit: 3, seenOf: async (devices) => devices };

/** A store of a thousand stretches, each of which takes some time to look through and has a device or none. */
function fleet({ msEach, hasDevice }: { readonly msEach: number; readonly hasDevice: boolean }) {
  let passed = 0;
  const asked: DeviceSearch[] = [];
  const store = {
    searchDevices(query: DeviceSearch): Promise<Page<DeviceRecord>> {
      asked.push(query);
      passed += msEach;
      const next = String(Number(query.after ?? 0) + 1);
      return Promise.resolve({ items: hasDevice ? [DEVICE] : [], ...(next === "1000" ? {} : { next }) });
    },
  };
  return { store, asked, clock: { now: () => 0, elapsed: () => passed } };
}

test("a page is filled from as many stretches as it takes", async () => {
  const { asked, ...ports } = fleet({ msEach: 1, hasDevice: true });
  const { items, ...rest } = await searchDevices(ports, SEARCH);
  assert.equal(items.length, 3);
  assert.deepEqual(rest, { next: "3" });
  assert.deepEqual(
    asked.map(({ limit }) => limit),
    [3, 2, 1],
  );
});

test("a search that finds nobody goes on to the end", async () => {
  const { asked, ...ports } = fleet({ msEach: 1, hasDevice: false });
  assert.deepEqual(await searchDevices(ports, SEARCH), { items: [] });
  assert.equal(asked.length, 1_000);
});

test("a search that takes long stops early, says so, and goes on from there", async () => {
  const ports = fleet({ msEach: 500, hasDevice: false });
  const { items, next, unfinished } = await searchDevices(ports, SEARCH);
  assert.deepEqual([items, next, unfinished], [[], "4", true]);
  await searchDevices(ports, { ...SEARCH, after: next });
  assert.equal(ports.asked[4]?.after, "4");
});

test("devices that are not seen leave room for others", async () => {
  const { asked, ...ports } = fleet({ msEach: 1, hasDevice: true });
  let count = 0;
  const seenOf: Search["seenOf"] = async (devices) => devices.filter(() => (count += 1) % 2 === 0);
  const { items } = await searchDevices(ports, { ...SEARCH, seenOf });
  assert.equal(items.length, 3);
  assert.equal(asked.length, 6);
});

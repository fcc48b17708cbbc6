import assert from "node:assert/strict";
import { test } from "node:test";
import { dataModel } from "@heliograph/agent";
import { groupedEntries } from "@heliograph/protocol";
import { chance } from "../chance.ts";
import { deviceKinds, kindsOfDevice, type DeviceKind } from "./device-kind.ts";

/** A device of that kind, with the number that makes it differ from others and the seconds it has lived. */
function born(kind: DeviceKind, number: number, age = 0) {
  const individual = { chance: chance(kind, number), age: () => age, now: () => Date.UTC(2026, 0, 1) };
  const { declarations, drifts } = kindsOfDevice[kind].model(individual);
  const model = dataModel(declarations);
  const { result } = model.values([""]);
  assert.ok(result !== undefined);
  return { model, drifts, values: new Map(groupedEntries(result)) };
}

const SIZES: Readonly<Record<DeviceKind, readonly [from: number, to: number]>> = {
  router: [110, 250],
  ont: [40, 80],
  "set-top-box": [25, 60],
  "smart-meter": [25, 60],
};

for (const kind of deviceKinds) {
  test(`a ${kind} has parameters of its kind, a few dozen to some hundred`, () => {
    const [from, to] = SIZES[kind];
    for (let number = 0; number < 20; number += 1) {
      const { size } = born(kind, number).values;
      assert.ok(size >= from && size <= to, `${size} parameters`);
    }
  });

  test(`no ${kind} is like the next, but the same one is always alike`, () => {
    const seen = Array.from({ length: 20 }, (_, number) => JSON.stringify([...born(kind, number).values]));
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(JSON.stringify([...born(kind, 3).values]), seen[3]);
  });

  test(`a ${kind} is alike after a factory reset`, () => {
    const { model, values } = born(kind, 4);
    model.reset();
    const { result } = model.values([""]);
    assert.ok(result !== undefined);
    assert.deepEqual(new Map(groupedEntries(result)), values);
  });

  test(`several versions of a ${kind}'s software are about`, () => {
    const versions = Array.from({ length: 60 }, (_, number) =>
      born(kind, number).model.get("Device.DeviceInfo.SoftwareVersion"),
    );
    assert.ok(new Set(versions).size >= 3);
  });

  test(`a ${kind}'s counters and readings move with its age, its settings do not`, () => {
    const [young, old] = [born(kind, 1, 10).values, born(kind, 1, 3_700).values];
    const moved = [...young.keys()].filter(
      (path) => JSON.stringify(young.get(path)) !== JSON.stringify(old.get(path)),
    );
    assert.ok(moved.length >= 5, moved.join(" "));
    assert.ok(!moved.includes("Device.Time.NTPServer1"));
  });

  test(`what drifts on a ${kind} is there, and changes to something that is allowed`, () => {
    const { model, drifts } = born(kind, 1);
    assert.ok(drifts.length > 0);
    for (const { path, next } of drifts) {
      const before = model.get(path);
      assert.ok(before !== undefined, path);
      const after = Array.from({ length: 50 }, () => {
        model.set(path, next(model.get(path) ?? ""));
        return model.get(path);
      });
      assert.ok(
        after.some((value) => value !== before),
        path,
      );
    }
  });
}

test("a router refuses a channel that its band does not have", () => {
  const { model } = born("router", 1);
  const { fault } = model.setValues({ "Device.WiFi.Radio.2.": { Channel: 6 } });
  assert.equal(fault?.code, 9003);
  assert.equal(model.setValues({ "Device.WiFi.Radio.2.": { Channel: 44 } }).fault, undefined);
});

test("a router takes port mappings", () => {
  const { model } = born("router", 1);
  assert.equal(model.addObject("Device.NAT.PortMapping.").result, 1);
  assert.equal(model.get("Device.NAT.PortMapping.1.Protocol"), "TCP");
});

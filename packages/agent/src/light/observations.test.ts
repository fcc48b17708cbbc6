import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { LightParams } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { Observations } from "./observations.ts";

const UP_TIME = "Device.DeviceInfo.UpTime";
const CHANNEL = "Device.WiFi.Radio.1.Channel";

class Bench {
  readonly clock = new VirtualClock();
  readonly model = dataModel({
    "Device.DeviceInfo.UpTime": { type: "unsignedInt", value: 1 },
    "Device.WiFi.Radio.": {
      instances: [1, 2],
      row: () => ({
        Channel: { type: "unsignedInt", value: 6 },
        Enable: { type: "boolean", value: true },
      }),
    },
  });
  readonly observations = new Observations({ model: this.model, clock: this.clock });
  readonly said: LightParams<"Publish">[] = [];

  observe(Paths: readonly string[], how: { readonly Interval?: number; readonly OnChange?: boolean }) {
    return this.observations.serve({ method: "Observe", params: { View: "v", Paths, ...how } }, (said) =>
      this.said.push(said),
    );
  }

  take(): readonly unknown[] {
    return this.said.splice(0).map(({ Values }) => Values);
  }
}

test("paths are answered expanded, and their values follow in that order at once and at each interval [LIGHT-OBSERVE-1]", async () => {
  const bench = new Bench();
  const Paths = ["Device.WiFi.Radio.*.Channel", UP_TIME, "Device.WiFi.Radio.2.", "Device.None"];
  const answer = bench.observe(Paths, { Interval: 5 });
  const radios = ["Device.WiFi.Radio.1.Channel", "Device.WiFi.Radio.2.Channel"];
  assert.deepEqual(answer.result, { Paths: [...radios, UP_TIME, "Device.WiFi.Radio.2.Enable"] });
  assert.deepEqual(bench.said, []);
  await setImmediate();
  bench.model.set(CHANNEL, 11);
  await bench.clock.advance(5_000);
  assert.deepEqual(
    bench.said.map(({ Channel, View, Values }) => [Channel, View, Values]),
    [
      ["private/monitor", "v", [6, 6, 1, true]],
      ["private/monitor", "v", [11, 6, 1, true]],
    ],
  );
});

test("where changes are asked for, they are told together and soon, and nothing else is [LIGHT-OBSERVE-1]", async () => {
  const bench = new Bench();
  bench.observe([CHANNEL, UP_TIME], { OnChange: true });
  await setImmediate();
  assert.deepEqual(bench.take(), [[6, 1]]);
  bench.model.set(CHANNEL, 1);
  bench.model.set(CHANNEL, 11);
  bench.model.set("Device.WiFi.Radio.2.Channel", 3);
  await bench.clock.advance(1_000);
  assert.deepEqual(bench.take(), [[11, 1]]);
  await bench.clock.advance(60_000);
  assert.deepEqual(bench.take(), []);
});

test("a view that is asked for again is replaced, and one that nobody wants ends [LIGHT-OBSERVE-1]", async () => {
  const bench = new Bench();
  bench.observe([CHANNEL], { Interval: 1 });
  bench.observe([UP_TIME], { Interval: 2 });
  await setImmediate();
  await bench.clock.advance(2_000);
  assert.deepEqual(bench.take(), [[1], [1]]);
  bench.observations.serve({ method: "Unobserve", params: { View: "v" } }, () =>
    assert.fail("nothing is left"),
  );
  bench.model.set(UP_TIME, 2);
  await bench.clock.advance(60_000);
  assert.deepEqual(bench.take(), []);
});

test("what is observed ends with the connection [LIGHT-OBSERVE-2]", async () => {
  const bench = new Bench();
  bench.observe([CHANNEL], { Interval: 1, OnChange: true });
  bench.observations.lost();
  bench.model.set(CHANNEL, 1);
  await bench.clock.advance(60_000);
  assert.deepEqual(bench.take(), []);
});

test("a view says when it is told, and there are only so many", () => {
  const bench = new Bench();
  assert.equal(bench.observe([CHANNEL], {}).fault?.code, 9003);
  const say = (): void => undefined;
  const outcomes = Array.from({ length: 9 }, (_, index) => {
    const params = { View: String(index), Paths: [CHANNEL], Interval: 1 };
    return bench.observations.serve({ method: "Observe", params }, say).fault?.code;
  });
  assert.deepEqual(outcomes, [...Array.from({ length: 8 }, () => undefined), 9004]);
});

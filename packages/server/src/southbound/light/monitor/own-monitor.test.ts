import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { DeviceKey, LightParams, ObservationRequest } from "@heliograph/protocol";
import { parseDeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../../bus/memory.ts";
import { subjects, type Observed, type WatchWish } from "../../../ports/index.ts";
import { isObservationId, OwnMonitor } from "./own-monitor.ts";
import { Watches } from "./watches.ts";

const SECOND_MS = 1_000;
const LEVEL = "Device.Sky.1.Level";
const OTHER = "Device.Sky.2.Level";

test("a device is asked once it is attached, for one view of all that is watched [LIGHT-OBSERVE-3]", async () => {
  using bench = new Bench();
  await bench.watch("a", { paths: [OTHER, LEVEL], intervalMs: 5_000, onChange: false });
  await bench.watch("b", { paths: [LEVEL], intervalMs: 2_000, onChange: true });
  await setImmediate();
  assert.deepEqual(bench.asked, []);
  await bench.attach();
  const Paths = [LEVEL, OTHER];
  assert.deepEqual(bench.take(), [
    { method: "Observe", params: { View: "watched", Paths, Interval: 2, OnChange: true } },
  ]);
  await bench.watch("b", { paths: [], onChange: false });
  await bench.watch("a", { paths: [OTHER, LEVEL], intervalMs: 5_000, onChange: false });
  assert.deepEqual(bench.take(), [{ method: "Observe", params: { View: "watched", Paths, Interval: 5 } }]);
});

test("where nobody watches any more, or said nothing for long, the device is told [LIGHT-OBSERVE-3]", async () => {
  using bench = new Bench();
  await bench.attach();
  const wish = { paths: [LEVEL], intervalMs: SECOND_MS, onChange: false };
  await bench.watch("a", wish);
  await bench.watch("a", { paths: [], onChange: false });
  assert.deepEqual(bench.methods(), ["Observe", "Unobserve"]);
  await bench.watch("a", wish);
  await bench.clock.advance(20 * SECOND_MS);
  await bench.watch("a", wish);
  await bench.clock.advance(20 * SECOND_MS);
  assert.deepEqual(bench.methods(), ["Observe"]);
  await bench.clock.advance(20 * SECOND_MS);
  assert.deepEqual(bench.methods(), ["Unobserve"]);
});

test("values are told by the paths that the device answered last, and those that do not fit are not [LIGHT-OBSERVE-1]", async () => {
  using bench = new Bench();
  await bench.attach();
  await bench.watch("a", { paths: ["Device.Sky.*.Level"], onChange: true });
  bench.say({ Values: [1, 2] });
  assert.deepEqual(await bench.observed(), []);
  bench.answer({ Paths: [LEVEL, OTHER] });
  bench.say({ Values: [1, null] });
  bench.say({ Values: [1] });
  bench.say({ Values: [1, 2], View: "another" });
  bench.say({ Values: [1, 2], Channel: "private/config" });
  assert.deepEqual(await bench.observed(), [
    ["observing", [LEVEL, OTHER]],
    ["values", { "Device.Sky.1.": { Level: 1 } }],
  ]);
  await bench.watch("b", { paths: [LEVEL], onChange: true });
  bench.say({ Values: [3, 4] });
  bench.answer({ Paths: [LEVEL] });
  bench.say({ Values: [5] });
  assert.deepEqual(await bench.observed(), [
    ["values", { "Device.Sky.1.": { Level: 3 }, "Device.Sky.2.": { Level: 4 } }],
    ["observing", [LEVEL]],
    ["values", { "Device.Sky.1.": { Level: 5 } }],
  ]);
});

test("that a device does not observe, or is gone, is told to who watches [LIGHT-OBSERVE-2]", async () => {
  using bench = new Bench();
  await bench.attach();
  await bench.watch("a", { paths: [LEVEL], onChange: true });
  bench.refuse();
  await bench.watch("a", { paths: [OTHER], onChange: true });
  bench.answer({ Paths: [OTHER] });
  bench.monitor.end();
  assert.deepEqual(await bench.observed(), [
    ["not-observing", "there is no method Observe"],
    ["observing", [OTHER]],
    ["not-observing", "the connection is over"],
  ]);
  await bench.watch("a", { paths: [LEVEL], onChange: true });
  assert.deepEqual(bench.methods(), ["Observe", "Observe"]);
});

/** A gateway with one connection, whose device is the test. */
class Bench implements Disposable {
  readonly clock = new VirtualClock();
  readonly bus = memoryBus({ clock: this.clock, onError: (error) => assert.ifError(error) });
  readonly device = keyOf("F0F0F0-Sundial-1");
  readonly asked: ObservationRequest[] = [];
  readonly monitor: OwnMonitor;
  readonly #watches = new Watches({ bus: this.bus, clock: this.clock });
  readonly #observed: Observed[] = [];
  #ids: string[] = [];
  #drawn = 0;

  constructor() {
    this.bus.subscribe(subjects.everyObserved(this.device), (observed) => this.#observed.push(observed));
    this.monitor = new OwnMonitor({
      ports: {
        bus: this.bus,
        clock: this.clock,
        random: { hex: () => `0${(this.#drawn += 1)}`, fraction: () => 0 },
      },
      watches: this.#watches,
      device: this.device,
      transport: { send: () => true },
      codec: {
        writeObservation: (id, request) => {
          assert.ok(isObservationId(id));
          this.#ids.push(id);
          this.asked.push(request);
          return id;
        },
      },
    });
  }

  async watch(id: string, wish: WatchWish): Promise<void> {
    this.bus.publish(subjects.watch(this.device), { ...wish, device: this.device, id });
    await setImmediate();
  }

  async attach(): Promise<void> {
    this.monitor.begin();
    await setImmediate();
  }

  answer(result: object): void {
    this.monitor.heed({ type: "observation-answered", id: this.#ids.at(-1) ?? "", answer: { result } });
  }

  refuse(): void {
    const fault = { code: -32601, message: "there is no method Observe" };
    this.monitor.heed({ type: "observation-answered", id: this.#ids.at(-1) ?? "", answer: { fault } });
  }

  say(said: Partial<LightParams<"Publish">>): void {
    const usual = { Channel: "private/monitor", View: "watched", Time: "2026-01-31T12:00:00Z", Values: [] };
    this.monitor.heed({ type: "values", values: { ...usual, ...said } });
  }

  take(): readonly ObservationRequest[] {
    return this.asked.splice(0);
  }

  methods(): readonly string[] {
    return this.take().map(({ method }) => method);
  }

  async observed(): Promise<readonly unknown[]> {
    await setImmediate();
    return this.#observed.splice(0).map((observed) => {
      switch (observed.type) {
        case "observing":
          return [observed.type, observed.paths];
        case "values":
          return [observed.type, plain(observed.values)];
        case "not-observing":
          return [observed.type, observed.detail];
      }
    });
  }

  [Symbol.dispose](): void {
    this.#watches.close();
  }
}

/** Without prototypes, as JSON has it. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function keyOf(text: string): DeviceKey {
  const key = parseDeviceKey(text);
  assert.ok(key !== undefined);
  return key;
}

import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import type { SeenMessage, TraceKeep } from "../../ports/index.ts";
import { openDiskTraces } from "../../store/traces/disk-traces.ts";
import { startTracer, type Tracer } from "./tracer.ts";
import type { TracerBounds } from "./track.ts";

const DEVICE = deviceOf("00D09E-Box-1");
const MINUTE_MS = 60_000;

function deviceOf(text: string) {
  const key = parseDeviceKey(text);
  assert.ok(key !== undefined);
  return key;
}

interface Bench extends AsyncDisposable {
  readonly tracer: Tracer;
  readonly clock: VirtualClock;
  readonly warnings: readonly string[];
  on(forMs?: number): Promise<void>;
  add(...texts: readonly string[]): void;
  /** What is kept: texts, and what is said of them. */
  kept(): Promise<readonly string[]>;
}

interface BenchOptions {
  readonly bounds?: Partial<TracerBounds>;
  readonly adapt?: (keep: TraceKeep) => TraceKeep;
}

async function openBench({ bounds = {}, adapt = (keep) => keep }: BenchOptions = {}): Promise<Bench> {
  const folder = tempDir();
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    warn: (event: string) => warnings.push(event),
    error: () => undefined,
  };
  const keep = adapt(await openDiskTraces({ folder: folder.path, log }));
  const tracer = startTracer({ keep, clock, log, bounds: { pauseMs: 0, ...bounds } });
  return {
    tracer,
    clock,
    warnings,
    async on(forMs = MINUTE_MS) {
      assert.ok((await tracer.switchOn(DEVICE, { by: "desk", forMs })) !== undefined);
    },
    add(...texts) {
      for (const text of texts) tracer.of(DEVICE)?.add(seen(text, clock.now()));
    },
    async kept() {
      const settled = tracer.settled(DEVICE).then(() => true);
      while (!(await Promise.race([settled, setImmediate(false)]))) await clock.advance(1);
      const messages = await tracer.read(DEVICE, { after: 0, limit: 1_000 });
      return messages.map(({ text, note }) => text ?? note ?? "");
    },
    async [Symbol.asyncDispose]() {
      await tracer.close();
      folder[Symbol.dispose]();
    },
  };
}

function seen(text: string, at: number): SeenMessage {
  return { at, direction: "received", binding: "cwmp.json", body: { text, bytes: Buffer.byteLength(text) } };
}

test("while nobody is traced, there is nothing to ask", async () => {
  await using bench = await openBench();
  assert.equal(bench.tracer.isOpen, false);
  assert.equal(bench.tracer.of(DEVICE), undefined);
  await bench.on();
  assert.equal(bench.tracer.isOpen, true);
  assert.equal(bench.tracer.of(deviceOf("00D09E-Box-2")), undefined);
});

test("what is added is kept in order, without secrets", async () => {
  await using bench = await openBench();
  await bench.on();
  bench.add("one", '{"Password":"hush"}', "three");
  assert.deepEqual(await bench.kept(), ["one", '{"Password":"(redacted)"}', "three"]);
});

test("a trace switches itself off, and a writer that somebody has kept writes no more", async () => {
  await using bench = await openBench();
  const switched: string[] = [];
  bench.tracer.onSwitched((device) => switched.push(device));
  await bench.on();
  const writer = bench.tracer.of(DEVICE);
  bench.add("in time");
  await bench.clock.advance(MINUTE_MS);
  writer?.add(seen("late", 0));
  assert.deepEqual(await bench.kept(), ["in time"]);
  assert.equal(bench.tracer.of(DEVICE), undefined);
  assert.deepEqual(switched, [DEVICE, DEVICE]);
});

test("a trace that is switched on again goes on with the same writer until its new end", async () => {
  await using bench = await openBench();
  await bench.on();
  const writer = bench.tracer.of(DEVICE);
  await bench.clock.advance(MINUTE_MS / 2);
  await bench.on();
  await bench.clock.advance(MINUTE_MS / 2);
  assert.equal(bench.tracer.of(DEVICE), writer);
  await bench.clock.advance(MINUTE_MS / 2);
  assert.equal(bench.tracer.of(DEVICE), undefined);
});

test("what was taken before a trace is switched off is kept", async () => {
  await using bench = await openBench({ bounds: { pauseMs: 10_000 } });
  await bench.on();
  bench.add("last");
  const state = await bench.tracer.switchOff(DEVICE);
  assert.equal(state?.until, bench.clock.now());
  assert.equal(state.lastId, 1);
});

test("of a flood, as much is kept as can be, and the trace says how much is missing, and where", async () => {
  await using bench = await openBench({ bounds: { maxWaiting: 3, turnMessages: 2 } });
  await bench.on();
  bench.add("1", "2", "3", "4", "5");
  assert.deepEqual(await bench.kept(), ["1", "2", "3", missing(2)]);
  bench.add("6");
  assert.deepEqual(await bench.kept(), ["1", "2", "3", missing(2), "6"]);
});

test("long messages fill the wait sooner, and none is too long to be taken at all", async () => {
  await using bench = await openBench({ bounds: { maxWaitingBytes: 10, maxBodyChars: 4 } });
  await bench.on();
  bench.add("x".repeat(100), "y");
  assert.deepEqual(await bench.kept(), ["xxxx", missing(1)]);
  const [first] = await bench.tracer.read(DEVICE, { after: 0, limit: 1 });
  assert.deepEqual([first?.bytes, first?.cut], [100, true]);
});

test("a secret that is cut in two is shown in no part", async () => {
  const text = '{"ParameterList":{"Device.Users.User.1.":{"Password":"hush-hush-hush"}}}';
  for (let maxBodyChars = 1; maxBodyChars < text.length; maxBodyChars += 1) {
    await using bench = await openBench({ bounds: { maxBodyChars } });
    await bench.on();
    bench.add(text);
    assert.ok(!(await bench.kept()).join("").includes("hush"));
  }
});

test("a disk that takes nothing is no harm but to the trace, which says so once it can", async () => {
  let isFull = true;
  const adapt = (keep: TraceKeep): TraceKeep => ({
    state: (device) => keep.state(device),
    states: () => keep.states(),
    put: (trace) => keep.put(trace),
    append: (device, messages) =>
      isFull ? Promise.reject(new Error("no space left")) : keep.append(device, messages),
    read: (device, query) => keep.read(device, query),
    prune: (now) => keep.prune(now),
    forget: (device) => keep.forget(device),
  });
  await using bench = await openBench({ adapt });
  await bench.on();
  bench.add("lost");
  assert.deepEqual(await bench.kept(), []);
  assert.deepEqual(bench.warnings, ["a trace could not be kept"]);
  isFull = false;
  bench.add("kept");
  assert.deepEqual(await bench.kept(), [missing(1), "kept"]);
});

test("whoever waits for messages is told of each change", async () => {
  await using bench = await openBench();
  let changes = 0;
  const subscription = bench.tracer.onChange(DEVICE, () => (changes += 1));
  await bench.on();
  assert.equal(changes, 1);
  bench.add("one");
  await bench.kept();
  assert.equal(changes, 2);
  subscription.unsubscribe();
  bench.add("two");
  await bench.kept();
  assert.equal(changes, 2);
});

test("a removed device's trace is forgotten, and nothing more is taken", async () => {
  await using bench = await openBench();
  await bench.on();
  bench.add("one");
  await bench.tracer.forget(DEVICE);
  assert.equal(bench.tracer.of(DEVICE), undefined);
  assert.equal(bench.tracer.state(DEVICE), undefined);
});

function missing(count: number): string {
  const what = count === 1 ? "a message is" : `${count} messages are`;
  return `${what} missing here: they came too fast, or the disk did not take them`;
}

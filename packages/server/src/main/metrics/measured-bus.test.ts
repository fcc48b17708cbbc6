import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { connectionId, engineId, metricRows, subjects, type BusEvent } from "../../ports/index.ts";
import { measuredBus } from "./measured-bus.ts";
import { subjectKind } from "../subject-kind.ts";
import { promMetrics } from "./prom-metrics.ts";

const device = parseDeviceKey("00D09E-Gateway-1");
assert.ok(device !== undefined);

function openBench() {
  const clock = new VirtualClock();
  const metrics = promMetrics();
  const onError = (error: unknown): never => {
    throw error;
  };
  const bus = measuredBus(memoryBus({ clock, onError }), metrics);
  const lines = async (name: string): Promise<readonly string[]> =>
    (await metrics.text()).split("\n").filter((line) => line.startsWith(name));
  return { clock, bus, lines };
}

test("what is asked counts by its kind, without the ids in its subject, and by how it ended", async () => {
  const { bus, clock, lines } = openBench();
  const ask = { device, connection: connectionId("c1"), generation: 1 };
  const next = subjects.next(engineId("e1"));
  const options = { timeoutMs: 1_000 };
  await assert.rejects(bus.request(next, ask, options));
  const serving = bus.serve(next, () => Promise.resolve({ type: "nothing" }));
  await bus.request(next, ask, options);
  serving.unsubscribe();
  bus.serve(subjects.wake, () => new Promise(() => undefined));
  const silent = assert.rejects(bus.request(subjects.wake, { device }, options));
  assert.deepEqual(await lines("heliograph_bus_open_requests"), ["heliograph_bus_open_requests 1"]);
  await clock.advance(1_000);
  await silent;
  assert.deepEqual((await lines("heliograph_bus_requests_total")).toSorted(), [
    'heliograph_bus_requests_total{kind="engine.next",outcome="answered"} 1',
    'heliograph_bus_requests_total{kind="engine.next",outcome="nobody-there"} 1',
    'heliograph_bus_requests_total{kind="wake",outcome="timed-out"} 1',
  ]);
  assert.deepEqual(await lines("heliograph_bus_request_seconds_count"), [
    'heliograph_bus_request_seconds_count{kind="engine.next"} 2',
    'heliograph_bus_request_seconds_count{kind="wake"} 1',
  ]);
});

test("connection requests count by what came back, and other events by their names", async () => {
  const { bus, lines } = openBench();
  const event = (name: string, data: BusEvent["data"]): void => {
    bus.publish(subjects.deviceEvent(device, name), { id: 1, at: 0, device, name, data });
  };
  event("connection-request-sent", { result: "unreachable", detail: "no answer" });
  event("boot", {});
  await new Promise(setImmediate);
  assert.deepEqual(await lines("heliograph_connection_requests_total"), [
    'heliograph_connection_requests_total{result="unreachable"} 1',
  ]);
  assert.deepEqual(await lines("heliograph_device_events_total"), [
    'heliograph_device_events_total{name="connection-request-sent"} 1',
    'heliograph_device_events_total{name="boot"} 1',
  ]);
  assert.deepEqual(await lines("heliograph_bus_messages_total"), [
    'heliograph_bus_messages_total{kind="device.event"} 2',
  ]);
});

test("whatever can be asked or published on the bus has a kind of its own in the metrics", () => {
  const contract = readFileSync(new URL("../../ports/subjects.ts", import.meta.url), "utf8");
  const written = [...contract.matchAll(/hg\.v1\.[^`"]+/g)].map(([subject]) => subject);
  const said = written.filter((subject) => !/[*>]/.test(subject));
  assert.ok(said.length > 25);
  const kinds = metricRows.flatMap((row) => ("kind" in row.labels ? [...row.labels.kind] : []));
  for (const subject of said)
    assert.ok(
      kinds.some((kind) => kind === subjectKind(subject)),
      subject,
    );
});

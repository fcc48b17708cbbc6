import assert from "node:assert/strict";
import { test } from "node:test";
import { metricRows, type MetricRow } from "../../ports/index.ts";
import { promMetrics } from "./prom-metrics.ts";

test("what is counted and measured is read in Prometheus's text format", async () => {
  const metrics = promMetrics();
  metrics.count("heliograph_operation_changes_total", { state: "done" });
  metrics.count("heliograph_operation_changes_total", { state: "done" });
  metrics.observe("heliograph_store_batch_changes", {}, 7);
  const lines = await readLines(metrics);
  assert.ok(lines.includes('heliograph_operation_changes_total{state="done"} 2'));
  assert.ok(lines.includes('heliograph_store_batch_changes_bucket{le="5"} 0'));
  assert.ok(lines.includes('heliograph_store_batch_changes_bucket{le="10"} 1'));
  assert.ok(lines.includes("heliograph_store_batch_changes_sum 7"));
});

test("what somebody else keeps is asked each time, a counter too", async () => {
  const metrics = promMetrics();
  let figure = 3;
  metrics.watch("heliograph_cwmp_sessions", {}, () => figure);
  metrics.watch("heliograph_store_commits_total", {}, () => Promise.resolve(figure));
  const first = await readLines(metrics);
  assert.ok(first.includes("heliograph_cwmp_sessions 3"));
  assert.ok(first.includes("heliograph_store_commits_total 3"));
  figure = 4;
  const second = await readLines(metrics);
  assert.ok(second.includes("heliograph_cwmp_sessions 4"));
  assert.ok(second.includes("heliograph_store_commits_total 4"));
});

test("a number that cannot be read is not a number, and takes none of the others with it", async () => {
  const metrics = promMetrics();
  metrics.watch("heliograph_relay_waiting_events", {}, () =>
    Promise.reject(new Error("the store is closed")),
  );
  metrics.watch("heliograph_cwmp_sessions", {}, () => 1);
  const lines = await readLines(metrics);
  assert.ok(lines.some((line) => /^heliograph_relay_waiting_events nan$/i.test(line)));
  assert.ok(lines.includes("heliograph_cwmp_sessions 1"));
});

test("what no row has room for counts as other, however much of it comes", async () => {
  const metrics = promMetrics();
  for (let made = 0; made < 100; made += 1) {
    metrics.count("heliograph_device_events_total", { name: `device-${made}` });
  }
  const lines = (await readLines(metrics)).filter((line) =>
    line.startsWith("heliograph_device_events_total"),
  );
  assert.deepEqual(lines, ['heliograph_device_events_total{name="other"} 100']);
});

test("no metric can have more than a few hundred numbers, and none has a device in a label", () => {
  for (const { name, labels, buckets = [] } of metricRows.map((row): MetricRow => row)) {
    const combinations = Object.values(labels).reduce((all, values) => all * (values.length + 1), 1);
    assert.ok(combinations * (buckets.length + 1) < 400, name);
    assert.ok(!Object.keys(labels).some((label) => /device|serial|address|user/.test(label)), name);
  }
});

test("what Node says of its event loop and its memory is among them", async () => {
  const text = await promMetrics().text();
  for (const name of [
    "nodejs_eventloop_lag_seconds",
    "process_resident_memory_bytes",
    "nodejs_gc_duration_seconds",
  ])
    assert.match(text, new RegExp(`^# HELP ${name} `, "m"));
});

async function readLines(metrics: ReturnType<typeof promMetrics>): Promise<readonly string[]> {
  return (await metrics.text()).split("\n");
}

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { metricRows } from "../src/ports/index.ts";
import { GIVEN } from "./grants/escalations.ts";
import { PostgresServer, whyNoPostgres } from "./postgres-server.ts";
import { readMetrics } from "./read-metrics.ts";
import { runNorthbound } from "./running-northbound.ts";
import { RunningServer } from "./running-server.ts";

const folder = tempDir();
const server = await RunningServer.start(folder, "loopback");
after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const { life, client } = server;

test("a session is seen while it is open, with what it costs on the bus and in the store", async () => {
  const before = await readMetrics(life);
  await using device = new LockstepDevice({ acsUrl: life.acsUrl, deviceId: { SerialNumber: "METRICS1" } });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  const during = await readMetrics(life);
  const risen = (name: string): number => (during.get(name) ?? 0) - (before.get(name) ?? 0);
  assert.equal(during.get("heliograph_cwmp_sessions"), 1);
  assert.equal(during.get('heliograph_southbound_sockets{door="http"}'), 1);
  assert.equal(risen('heliograph_load_newcomers_total{verdict="admit"}'), 1);
  assert.equal(risen('heliograph_bus_requests_total{kind="engine.announce",outcome="answered"}'), 1);
  assert.equal(risen('heliograph_bus_request_seconds_count{kind="engine.announce"}'), 1);
  assert.ok(risen('heliograph_southbound_bytes_total{door="http",direction="in"}') > 500);
  assert.ok(risen("heliograph_store_commits_total") > 0);
  assert.ok(risen("heliograph_store_changes_total") >= risen("heliograph_store_commits_total"));
  assert.equal(risen("heliograph_store_commit_seconds_count"), risen("heliograph_store_commits_total"));
  assert.equal(during.get("heliograph_store_refusing"), 0);
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  const later = await readMetrics(life);
  assert.equal(later.get("heliograph_cwmp_sessions"), 0);
});

test("operations count by the states they come into, and requests of managers by what they were answered", async () => {
  await using device = new LockstepDevice({ acsUrl: life.acsUrl, deviceId: { SerialNumber: "METRICS2" } });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  const before = await readMetrics(life);
  const { id } = await client.operations.create(device.key, { method: "Reboot", params: {} });
  await device.inform();
  await device.expectRpc("Reboot");
  await device.answer();
  await device.expectNothing();
  await server.ended(id);
  await assert.rejects(client.devices.get("00D09E-IGD-unknown"));
  const now = await readMetrics(life);
  const risen = (name: string): number => (now.get(name) ?? 0) - (before.get(name) ?? 0);
  for (const state of ["queued", "running", "done"])
    assert.equal(risen(`heliograph_operation_changes_total{state="${state}"}`), 1, state);
  assert.equal(risen('heliograph_northbound_requests_total{tag="operations",status="2xx"}'), 2);
  assert.equal(risen('heliograph_northbound_requests_total{tag="devices",status="4xx"}'), 1);
});

test("what was measured has a name in the list, and no label that it does not say", async () => {
  const names = [...(await readMetrics(life)).keys()].filter((name) => name.startsWith("heliograph_"));
  assert.ok(names.length > 50);
  assert.ok(!names.some((name) => name.includes('"other"')), names.join("\n"));
  const listed: readonly string[] = metricRows.map(({ name }) => name);
  for (const name of names) {
    const plain = name.replace(/\{.*/, "");
    assert.ok(
      listed.some((each) => plain === each || /^_(?:bucket|sum|count)$/.test(plain.replace(each, ""))),
      name,
    );
  }
});

test("the numbers are for those who may see every device, and nobody else", async () => {
  await using running = await runNorthbound();
  const bare = await running.ask("GET", "/metrics", { headers: { authorization: "" } });
  assert.equal(bare.status, 401);
  const key = await running.enrol("1");
  const { token } = await running.client.grants.create({
    ...GIVEN,
    devices: [key],
  });
  const narrow = await running.ask("GET", "/metrics", { headers: { authorization: `Bearer ${token}` } });
  assert.equal(narrow.status, 403);
});

test(
  "connections to PostgreSQL are seen by what they are for",
  { skip: whyNoPostgres() ?? false },
  async () => {
    await using database = await PostgresServer.start();
    using data = tempDir();
    await using served = await RunningServer.start(data, "loopback", { "database-url": database.url });
    await served.client.devices.list();
    const now = await readMetrics(served.life);
    const idle = (use: string): number | undefined =>
      now.get(`heliograph_store_connections{use="${use}",state="idle"}`);
    assert.ok((idle("writing") ?? 0) + (idle("reading") ?? 0) >= 1);
    assert.equal(now.get('heliograph_store_connections_awaited{use="reading"}'), 0);
    assert.ok((now.get("heliograph_store_commits_total") ?? 0) > 0);
  },
);

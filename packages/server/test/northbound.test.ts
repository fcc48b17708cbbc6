import assert from "node:assert/strict";
import { test } from "node:test";
import { routes, type Route } from "@heliograph/api";
import { createClient, DeviceFaultError, NoResultError } from "@heliograph/api/client";
import type { RestPorts } from "../src/northbound/start-northbound.ts";
import { subjects } from "../src/ports/index.ts";
import { claimedDevice } from "./claimed-device.ts";
import { runNorthbound } from "./running-northbound.ts";
import { serveCancels, serveScriptedRpcs } from "./scripted-rpcs.ts";

const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } };
const RESULT = { ParameterList: { "Device.DeviceInfo.": { UpTime: 86_400 } } };
const FAULT = { code: 9005, message: "Invalid parameter name" };

test("devices are listed in pages, in the order of their keys", async () => {
  await using running = await runNorthbound();
  for (const serialNumber of ["3", "1", "2"]) await running.enrol(serialNumber);
  const first = await running.ask("GET", "/api/v1/devices?limit=2");
  assert.deepEqual(keysOf(first.body), ["00D09E-IGD-1", "00D09E-IGD-2"]);
  const { items, next } = await running.client.devices.list({ limit: 2 });
  assert.equal(items.length, 2);
  assert.ok(next !== undefined);
  const last = await running.client.devices.list({ limit: 2, cursor: next });
  assert.deepEqual(keysOf(last), ["00D09E-IGD-3"]);
  assert.equal(last.next, undefined);
});

test("devices are found by words and by approval", async () => {
  await using running = await runNorthbound();
  await running.enrol("first");
  await running.enrol("second", "waiting");
  assert.deepEqual(keysOf(await running.client.devices.list({ query: "ACME second" })), [
    "00D09E-IGD-second",
  ]);
  assert.deepEqual(keysOf(await running.client.devices.list({ approval: "approved" })), ["00D09E-IGD-first"]);
  assert.deepEqual(keysOf(await running.client.devices.list({ query: "nothing" })), []);
});

test("a device is shown with its times as text and its reachability", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key, { facts: { root: "Device.", softwareVersion: "2.1" } });
  const { status, body } = await running.ask("GET", `/api/v1/devices/${key}`);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    key,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "1" },
    approval: "approved",
    reachability: "unreachable",
    connection: { transport: "classic", since: "2026-01-01T00:00:00.000Z" },
    address: "192.0.2.1",
    enrolled: { at: "2026-01-01T00:00:00.000Z", by: "open-enrolment" },
    lastInform: "2026-01-01T00:00:00.000Z",
    facts: { root: "Device.", softwareVersion: "2.1" },
    connectionRequest: { attempts: 0 },
    credentials: "none",
    tags: [],
  });
});

test("a key with an escape of its own names its device, escaped once more or as it is", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("a-b");
  assert.equal(key, "00D09E-IGD-a%2Db");
  assert.equal((await running.client.devices.get(key)).key, key);
  assert.deepEqual((await running.ask("GET", `/api/v1/devices/${key}`)).status, 200);
});

test("a device is approved, rejected and removed, and the audit log says by whom", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1", "waiting");
  assert.equal((await running.client.devices.approve(key)).approval, "approved");
  const { token } = await running.client.tokens.create({ name: "support desk" });
  const desk = createClient({ url: running.url, token });
  assert.equal((await desk.devices.reject(key)).approval, "rejected");
  assert.equal((await running.ask("DELETE", `/api/v1/devices/${key}`)).status, 204);
  assert.equal((await running.ask("GET", `/api/v1/devices/${key}`)).reason, "unknown-device");
  const { items } = await running.client.audit();
  assert.deepEqual(
    items.map(({ manager, action, device }) => [manager, action, device]),
    [
      ["admin", "remove-device", key],
      ["support desk", "reject-device", key],
      ["admin", "create-token", undefined],
      ["admin", "approve-device", key],
    ],
  );
  const events = await running.client.devices.events(key);
  assert.deepEqual(
    events.items.map(({ name }) => name),
    ["approved", "rejected", "removed"],
  );
});

test("a claim is listed, shown and approved with its device, and the device is told to look again", async () => {
  await using running = await runNorthbound();
  const { client, bus, store } = running;
  const key = await claimedDevice(running);
  await running.enrol("2");
  const revoked: unknown[] = [];
  bus.subscribe(subjects.everyRevoked, (told) => revoked.push("device" in told ? told.device : told));
  const { items } = await client.devices.list({ claimed: true });
  const at = new Date(running.clock.now()).toISOString();
  const claim = { at, last: at, address: "198.51.100.1", count: 1 };
  assert.deepEqual(
    items.map((device) => [device.key, device.claim]),
    [[key, claim]],
  );
  assert.equal((await client.devices.list({ claimed: false })).items.length, 1);
  const approved = await client.devices.approve(key);
  assert.deepEqual(approved.claim, { ...claim, approved: at });
  assert.equal(approved.credentials, "none");
  assert.deepEqual(revoked, [key]);
  assert.equal(await store.credentials(key), undefined);
  assert.deepEqual(await client.devices.approve(key), approved, "once is enough");
  assert.deepEqual((await client.devices.list({ claimed: true })).items, []);
  const names = (await client.devices.events(key)).items.map(({ name }) => name);
  assert.deepEqual(names, ["claimed", "claim-approved"]);
  const [entry] = (await client.audit()).items;
  assert.deepEqual([entry?.manager, entry?.action, entry?.device], ["admin", "approve-claim", key]);
});

test("a claim is rejected without its device, as often as one likes", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const key = await claimedDevice(running);
  for (const device of [await client.devices.rejectClaim(key), await client.devices.rejectClaim(key)]) {
    assert.deepEqual(
      [device.claim, device.approval, device.credentials],
      [undefined, "approved", "confirmed"],
    );
  }
  const names = (await client.devices.events(key)).items.map(({ name }) => name);
  assert.deepEqual(names, ["claimed", "claim-rejected"]);
  assert.deepEqual(
    (await client.audit()).items.map(({ action }) => action),
    ["reject-claim"],
  );
  assert.equal((await running.ask("DELETE", "/api/v1/devices/00D09E-IGD-9/claim")).reason, "unknown-device");
});

test("the audit log and a device's events come in pages", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key, { events: ["boot", "value-change"] });
  const events = await running.client.devices.events(key, { limit: 1 });
  assert.deepEqual(
    events.items.map(({ name }) => name),
    ["boot"],
  );
  const rest = await running.client.devices.events(key, { after: events.next ?? 0 });
  assert.deepEqual(
    rest.items.map(({ name }) => name),
    ["value-change"],
  );
  assert.equal(rest.next, undefined);
  await running.client.devices.reject(key);
  await running.client.devices.approve(key);
  const newest = await running.client.audit({ limit: 1 });
  assert.deepEqual(
    newest.items.map(({ action }) => action),
    ["approve-device"],
  );
  const older = await running.client.audit({ cursor: newest.next ?? "" });
  assert.deepEqual(
    older.items.map(({ action }) => action),
    ["reject-device"],
  );
});

test("known parameters are grouped by object, in full where it is asked for", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.inform(key, {
    parameters: {
      "Device.DeviceInfo.": { SoftwareVersion: "2.1" },
      "Device.WiFi.": { RadioNumberOfEntries: 2 },
    },
  });
  assert.deepEqual(await running.client.devices.parameters(key), {
    ParameterList: {
      "Device.DeviceInfo.": { SoftwareVersion: "2.1" },
      "Device.WiFi.": { RadioNumberOfEntries: 2 },
    },
  });
  assert.deepEqual(await running.client.devices.parameterDetails(key, "Device.WiFi."), {
    ParameterList: { "Device.WiFi.": { RadioNumberOfEntries: { value: 2, at: "2026-01-01T00:00:00.000Z" } } },
  });
});

test("a call that ends in time is answered with the device's result", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  const engine = serveScriptedRpcs({ ...running, run: async () => [{ result: RESULT }] });
  const { status, body } = await running.ask("POST", `/api/v1/devices/${key}/operations`, {
    body: { ...READ, wait: 1.5 },
  });
  const [ask] = engine.asks;
  assert.equal(status, 200);
  assert.deepEqual(body, {
    id: ask?.id,
    device: key,
    state: "done",
    rpcs: [READ],
    result: RESULT,
    attempts: 0,
    created: "2026-01-01T00:00:00.000Z",
    expires: "2026-01-02T00:00:00.000Z",
    ended: "2026-01-01T00:00:00.000Z",
  });
  assert.equal(ask?.waitMs, 1_500);
  assert.equal(ask.manager, "admin");
  assert.deepEqual(await running.client.call(key, READ.method, { params: READ.params }), RESULT);
});

test("a device's fault is an answer, not a refusal", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  serveScriptedRpcs({ ...running, run: async () => [{ fault: FAULT }] });
  const operation = await running.client.operations.create(key, { ...READ, wait: 1 });
  assert.deepEqual([operation.state, operation.fault], ["faulted", FAULT]);
  await assert.rejects(running.client.call(key, "Reboot"), DeviceFaultError);
});

test("several RPCs are answered with a list, up to the first fault", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  serveScriptedRpcs({ ...running, run: async () => [{ result: RESULT }, { fault: FAULT }] });
  const operation = await running.client.operations.create(key, {
    rpcs: [READ, READ, { method: "Reboot" }],
    wait: 1,
  });
  assert.deepEqual(operation.results, [{ result: RESULT }, { fault: FAULT }]);
  assert.equal(operation.result, undefined);
});

test("an operation that goes on is answered with the place to look at", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  serveScriptedRpcs(running);
  const { status, headers, body } = await running.ask("POST", `/api/v1/devices/${key}/operations`, {
    body: { method: "Reboot", expires: 60 },
  });
  assert.equal(status, 202);
  const { location } = headers;
  assert.ok(typeof location === "string");
  assert.deepEqual((await running.ask("GET", location)).body, body);
  const { items } = await running.client.operations.list({ device: key, state: "queued" });
  assert.deepEqual(items, [body]);
  assert.equal(items[0]?.expires, "2026-01-01T00:01:00.000Z");
  assert.deepEqual((await running.ask("GET", `/api/v1/devices/${key}/operations?state=done`)).body, {
    items: [],
  });
  await assert.rejects(running.client.call(key, "Reboot"), NoResultError);
});

test("an Idempotency-Key is handed on, and the same request gets the same operation", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  serveScriptedRpcs(running);
  const options = { idempotencyKey: "once" };
  const first = await running.client.operations.create(key, { method: "Reboot" }, options);
  const second = await running.client.operations.create(key, { method: "Reboot" }, options);
  assert.equal(second.id, first.id);
});

test("an operation that is not with its device is cancelled", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  serveScriptedRpcs(running);
  serveCancels(running.bus, running.store);
  const { id } = await running.client.operations.create(key, { method: "Reboot" });
  assert.equal((await running.client.operations.cancel(id)).state, "cancelled");
});

test("a token is told once, admits its holder, and admits nobody once it is revoked", async () => {
  await using running = await runNorthbound();
  const made = await running.client.tokens.create({ name: "nms", expires: "2026-01-02T00:00:00Z" });
  const nms = createClient({ url: running.url, token: made.token });
  const { items } = await nms.tokens.list();
  const { token, ...told } = made;
  assert.deepEqual(items, [told]);
  assert.equal((await running.store.apiTokens())[0]?.hash.includes(token), false);
  await nms.tokens.revoke(made.id);
  await assert.rejects(nms.devices.list(), { reason: "unauthenticated" });
  assert.ok((await running.client.tokens.list()).items[0]?.revoked !== undefined);
});

test("a token admits nobody from the moment it expires", async () => {
  await using running = await runNorthbound();
  const { token } = await running.client.tokens.create({ name: "nms", expires: "2026-01-01T00:01:00Z" });
  const nms = createClient({ url: running.url, token });
  await running.clock.advance(59_999);
  await nms.devices.list();
  await running.clock.advance(1);
  await assert.rejects(nms.devices.list(), { reason: "unauthenticated" });
});

test("every route of the API is served, and needs a token unless it is open to all", async () => {
  await using running = await runNorthbound();
  for (const route of Object.values<Route>(routes)) {
    const path = route.path.replace(/\{\w+\}/, "x");
    const { status, reason } = await running.ask(route.method, path, { headers: { authorization: "" } });
    if (route.open === true) assert.ok(status === 200 || reason === "invalid-request", path);
    else assert.equal(reason, "unauthenticated", path);
  }
});

test("where its port is taken it does not start, and nothing of it stays open", async () => {
  await using first = await runNorthbound();
  const { port } = first.northbound.address;
  const opened: RestPorts[] = [];
  const adapt = (ports: RestPorts) => {
    opened.push(ports);
    return {};
  };
  await assert.rejects(runNorthbound({ settings: { port }, adapt }), { code: "EADDRINUSE" });
  assert.equal(opened.length, 1);
  for (const { bus, store } of opened) {
    await assert.rejects(bus.request(subjects.here, { what: "acs" }, { timeoutMs: 1 }), {
      code: "E_BUS_CLOSED",
    });
    await assert.rejects(store.devices({ limit: 1 }), { code: "E_STORE_CLOSED" });
  }
});

test("the OpenAPI document is served to anybody", async () => {
  await using running = await runNorthbound();
  const { body } = await running.ask("GET", "/api/v1/openapi.json", { headers: { authorization: "" } });
  assert.ok(typeof body === "object" && body !== null && "paths" in body && typeof body.paths === "object");
  assert.deepEqual(
    Object.keys(body.paths ?? {}).toSorted(),
    [...new Set(Object.values<Route>(routes).map(({ path }) => path))].toSorted(),
  );
});

function keysOf(page: unknown): readonly unknown[] {
  assert.ok(typeof page === "object" && page !== null && "items" in page && Array.isArray(page.items));
  return page.items.map((item: unknown) => {
    assert.ok(typeof item === "object" && item !== null && "key" in item);
    return item.key;
  });
}

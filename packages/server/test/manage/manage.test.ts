import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Operation } from "@heliograph/api";
import { decodeEnvelope, defaultLimits, encodeRequest, type DeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { enrolledDevice } from "./enrolled-device.ts";
import { headersOf, StompManager, type Told } from "./stomp-manager.ts";

const folder = tempDir();
const acs = await RunningServer.start(folder, "loopback");
after(async () => {
  await acs[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const NAMES = { ParameterNames: ["Device.DeviceInfo.UpTime"] };
const VALUES = { ParameterList: { "Device.DeviceInfo.": { UpTime: 7 } } };

for (const binary of [false, true]) {
  test(`a manager asks by SEND, and hears of the end on /user/responses, in ${binary ? "binary" : "text"} messages [STOMP-RPC-6]`, async () => {
    await using device = await enrolledDevice(acs);
    await using manager = await StompManager.connect(acs.life, { binary, byHeader: binary });
    const receipt = manager.receipt();
    manager.ask(device.key, ["GetParameterValues", NAMES], { "request-id": "q1", receipt });
    assert.equal(await manager.receipts.take(), receipt);
    const items = await operationsOf(device.key);
    assert.deepEqual(
      items.map(({ state, rpcs }) => [state, rpcs]),
      [["queued", [{ method: "GetParameterValues", params: NAMES }]]],
    );
    await device.inform();
    await device.expectRpc("GetParameterValues");
    await device.answer(VALUES);
    await device.expectNothing();
    const { requestId, status, operation, body } = await manager.answers.take();
    assert.deepEqual([requestId, status, operation, JSON.parse(body)], ["q1", "ok", items[0]?.id, VALUES]);
  });
}

test("a fault of the device is one to the manager; an envelope is answered by an envelope", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const namespace = "urn:dslforum-org:cwmp-1-2";
  const envelope = encodeRequest({
    id: "77",
    namespace,
    request: { method: "GetParameterValues", params: NAMES },
  });
  manager.ask(device.key, ["Reboot", { CommandKey: "" }], { "request-id": "q1" });
  manager.send(device.key, { "content-type": "text/xml", "request-id": "q2" }, envelope);
  await queued(device.key, 2);
  await device.inform();
  await device.expectRpc("Reboot");
  await device.fault(9001, "not now");
  await device.expectRpc("GetParameterValues");
  await device.answer(VALUES);
  await device.expectNothing();
  const [fault, answer] = [await manager.answers.take(), await manager.answers.take()];
  assert.deepEqual(
    [fault.requestId, fault.status, JSON.parse(fault.body)],
    ["q1", "fault", { code: 9001, message: "not now" }],
  );
  assert.deepEqual([answer.requestId, answer.status], ["q2", "ok"]);
  const read = decodeEnvelope(answer.body, { role: "acs", limits: defaultLimits });
  assert.ok(read.ok);
  assert.deepEqual([read.value.id, read.value.namespace, read.value.body.kind], ["77", namespace, "answer"]);
});

test("nothing of a transaction leaves before COMMIT; then each device has its group, in order", async () => {
  await using first = await enrolledDevice(acs);
  await using second = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const one = manager.client.begin();
  const other = manager.client.begin();
  const inOne = { transaction: one.id };
  manager.ask(first.key, ["GetParameterValues", NAMES], { ...inOne, "request-id": "a" });
  manager.ask(second.key, ["Reboot", { CommandKey: "k" }], { ...inOne, "request-id": "b" });
  manager.ask(first.key, ["FactoryReset", {}], { transaction: other.id, "request-id": "x" });
  manager.ask(first.key, ["Reboot", { CommandKey: "k" }], { ...inOne, "request-id": "c" });
  other.abort();
  const receipt = manager.receipt();
  // What was said before is processed by then.
  manager.ask(first.key, ["GetRPCMethods", {}], { receipt });
  await manager.receipts.take();
  assert.equal((await operationsOf(second.key)).length, 0);
  manager.client.publish({
    destination: `/device/${first.key}/requests`,
    headers: headersOf({ ...inOne, method: "GetRPCMethods", "request-id": "d" }),
    body: "{}",
  });
  one.commit();
  await queued(first.key, 2);
  assert.deepEqual(await methodsOf(first.key), [
    ["GetRPCMethods"],
    ["GetParameterValues", "Reboot", "GetRPCMethods"],
  ]);
  assert.deepEqual(await methodsOf(second.key), [["Reboot"]]);
});

test("neighbouring sets of one ParameterKey are one, and each hears of the common result [STOMP-GROUP-4]", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const transaction = manager.client.begin();
  const set = (requestId: string, leaf: string, key: string): void => {
    const params = { ParameterList: { "Device.WiFi.": { [leaf]: requestId } }, ParameterKey: key };
    manager.ask(device.key, ["SetParameterValues", params], {
      transaction: transaction.id,
      "request-id": requestId,
    });
  };
  set("a", "One", "k");
  set("b", "Two", "k");
  set("c", "Three", "other");
  transaction.commit();
  await queued(device.key, 1);
  await device.inform();
  const merged = await device.expectRpc("SetParameterValues");
  assert.deepEqual(JSON.parse(JSON.stringify(merged.params.ParameterList)), {
    "Device.WiFi.": { One: "a", Two: "b" },
  });
  await device.answer({ Status: 1 });
  await device.expectRpc("SetParameterValues");
  await device.answer({ Status: 0 });
  await device.expectNothing();
  const told = [await manager.answers.take(), await manager.answers.take(), await manager.answers.take()];
  assert.deepEqual(told.map(short), ['a ok {"Status":1}', 'b ok {"Status":1}', 'c ok {"Status":0}']);
});

test("a group stops at its first fault, and the rest is answered 8001; what ran is not undone [STOMP-GROUP-5, RPCS-FAULT-2]", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const transaction = manager.client.begin();
  const inIt = { transaction: transaction.id };
  manager.ask(device.key, ["GetParameterValues", NAMES], { ...inIt, "request-id": "a" });
  manager.ask(device.key, ["DeleteObject", { ObjectName: "Device.X.1.", ParameterKey: "" }], {
    ...inIt,
    "request-id": "b",
  });
  manager.ask(device.key, ["Reboot", { CommandKey: "k" }], { ...inIt, "request-id": "c" });
  transaction.commit();
  await queued(device.key, 1);
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer(VALUES);
  await device.expectRpc("DeleteObject");
  await device.fault(9005);
  await device.expectNothing();
  const [a, b, c] = [
    await manager.answers.take(),
    await manager.answers.take(),
    await manager.answers.take(),
  ];
  assert.deepEqual([a.status, b.status, c.status], ["ok", "fault", "fault"]);
  assert.equal(codeOf(b), "9005");
  assert.equal(codeOf(c), "8001");
  assert.match(c.body, /not run/);
});

test("a lost connection drops what was not committed, and nothing that was [STOMP-GROUP-6]", async () => {
  await using device = await enrolledDevice(acs);
  {
    await using manager = await StompManager.connect(acs.life);
    const [kept, dropped] = [manager.client.begin(), manager.client.begin()];
    manager.ask(device.key, ["GetRPCMethods", {}], { transaction: kept.id, "request-id": "a" });
    manager.ask(device.key, ["Reboot", { CommandKey: "k" }], { transaction: dropped.id, "request-id": "b" });
    kept.commit();
    await queued(device.key, 1);
  }
  assert.deepEqual(await methodsOf(device.key), [["GetRPCMethods"]]);
});

test("where one device of a transaction is not known, nothing is stored for any, and each request is told", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const transaction = manager.client.begin();
  const inIt = { transaction: transaction.id };
  manager.ask(device.key, ["GetRPCMethods", {}], { ...inIt, "request-id": "a" });
  manager.ask("00D09E-Nobody-1", ["GetRPCMethods", {}], { ...inIt, "request-id": "b" });
  transaction.commit();
  const [a, b] = [await manager.answers.take(), await manager.answers.take()];
  assert.deepEqual([a.requestId, a.status, b.requestId, b.status], ["a", "refused", "b", "refused"]);
  assert.match(a.body, /00D09E-Nobody-1/);
  assert.deepEqual(await methodsOf(device.key), []);
});

test("what cannot be asked is refused, and the connection goes on", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  manager.ask(device.key, ["NoSuchRpc", {}], { "request-id": "a" });
  manager.send(device.key, { method: "Reboot", "request-id": "b" }, "{");
  manager.send(device.key, { method: "Reboot", "request-id": "c", "content-type": "image/png" }, "{}");
  manager.send(device.key, { method: "Reboot", "request-id": "d", "content-type": "text/xml" }, "<a>");
  manager.ask(device.key, ["GetRPCMethods", {}], { "request-id": "e", expires: "yesterday" });
  const told = [];
  for (let count = 0; count < 5; count += 1) told.push(await manager.answers.take());
  assert.deepEqual(
    told.map(({ requestId, status }) => `${requestId} ${status}`),
    ["a refused", "b refused", "c refused", "d refused", "e refused"],
  );
  assert.deepEqual(await methodsOf(device.key), []);
});

test("a request that expires, or is cancelled, says so by fault 8002 [RPCS-FAULT-3]", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  manager.ask(device.key, ["GetRPCMethods", {}], { "request-id": "a", expires: "1" });
  manager.ask(device.key, ["GetRPCMethods", {}], { "request-id": "b" });
  await queued(device.key, 2);
  const [b] = await operationsOf(device.key);
  await acs.client.operations.cancel(b?.id ?? "");
  const told = [await manager.answers.take(), await manager.answers.take()].map(
    (answer) => `${answer.requestId} ${answer.status} ${codeOf(answer)}`,
  );
  assert.deepEqual(told.toSorted(), ["a expired 8002", "b cancelled 8002"]);
});

test("an idempotency key asks once", async () => {
  await using device = await enrolledDevice(acs);
  await using manager = await StompManager.connect(acs.life);
  const once = { "idempotency-key": "once" };
  manager.ask(device.key, ["GetRPCMethods", {}], { ...once, "request-id": "a" });
  manager.ask(device.key, ["GetRPCMethods", {}], { ...once, "request-id": "b" });
  manager.ask(device.key, ["Reboot", { CommandKey: "" }], { ...once, "request-id": "c" });
  const refused = await manager.answers.take();
  assert.deepEqual([refused.requestId, refused.status], ["c", "refused"]);
  await device.inform();
  await device.expectRpc("GetRPCMethods");
  await device.answer({ MethodList: ["GetRPCMethods"] });
  await device.expectNothing();
  const told = [await manager.answers.take(), await manager.answers.take()];
  assert.deepEqual(told.map(({ requestId, status }) => `${requestId} ${status}`).toSorted(), [
    "a ok",
    "b ok",
  ]);
  assert.equal(new Set(told.map(({ operation }) => operation)).size, 1);
});

test("nobody comes in without a good token, and a revoked one ends the connection", async () => {
  const { northboundUrl } = acs.life;
  assert.equal(await StompManager.refused({ northboundUrl, token: "wrong" }), 4001);
  assert.equal(await StompManager.refused({ northboundUrl, token: "wrong" }, { byHeader: true }), 1006);
  assert.equal(await StompManager.refused(acs.life, { protocols: ["mqtt"] }), 1006);
  const { id, token } = await acs.client.tokens.create({ name: "desk" });
  await using manager = await StompManager.connect({ northboundUrl, token });
  await acs.client.tokens.revoke(id);
  assert.equal(await manager.closes.take(), 4001);
  assert.match((await manager.errors.take()).headers["message"] ?? "", /revoked/);
});

test("another destination ends the session with ERROR", async () => {
  await using stray = await StompManager.connect(acs.life);
  stray.client.publish({ destination: "/requests", body: "{}" });
  assert.match((await stray.errors.take()).body, /no such destination/);
});

test("an ACS that stops has stored what it was asked, and says when to come back", async () => {
  using own = tempDir();
  await using server = await RunningServer.start(own, "loopback");
  await using device = await enrolledDevice(server);
  await using manager = await StompManager.connect(server.life);
  const receipt = manager.receipt();
  manager.ask(device.key, ["GetRPCMethods", {}], { receipt });
  const stopped = server.supervisor.stop();
  assert.equal(await manager.closes.take(), 1001);
  assert.equal(manager.receipts.untaken, 1);
  await stopped;
});

/** Resolves once so many operations of the device are stored. */
async function queued(key: DeviceKey, count: number): Promise<void> {
  for (let last = 0; (await operationsOf(key)).length < count;) {
    last = (await acs.event(key, "operation", last)).id;
  }
}

async function operationsOf(device: DeviceKey): Promise<readonly Operation[]> {
  return (await acs.client.operations.list({ device })).items;
}

/** Of each operation, the first first. */
async function methodsOf(key: DeviceKey): Promise<readonly (readonly string[])[]> {
  const items = await operationsOf(key);
  return items.toReversed().map(({ rpcs }) => rpcs.map(({ method }) => method));
}

function short({ requestId, status, body }: Told): string {
  return `${requestId} ${status} ${body}`;
}

function codeOf({ body }: Told): string | undefined {
  return /"code":(\d+)/.exec(body)?.[1];
}

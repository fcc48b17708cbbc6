import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { envelopeText, valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, readCall } from "./bare-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const NOTHING =
  "HTTP/1.1 204 No Content\r\nDate: now\r\nConnection: keep-alive\r\nKeep-Alive: timeout=125\r\n\r\n";
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const names = { method: "GetParameterNames", params: { ParameterPath: "Device.", NextLevel: true } };
const values = { ParameterList: { "Device.": { X: "1" } } };
const rebooted = envelopeText("<cwmp:RebootResponse/>", { id: null });

test("a session that the device ends by empty POSTs upon empty POSTs ends once, with 204 each time [QUIRKS-SESSION-41]", async () => {
  await using device = await BareDevice.known(server);
  await device.post(device.inform(), {});
  assert.equal((await device.post("")).bytes, NOTHING);
  const operation = await device.wanted(read);
  for (let count = 0; count < 3; count += 1) assert.equal((await device.post("")).bytes, NOTHING);
  await device.reconnect();
  assert.equal((await device.post("")).bytes, NOTHING);
  assert.deepEqual(await device.kept(operation), { state: "queued", attempts: 0 });
  await device.post(device.inform(), {});
  assert.equal(readCall(await device.post("")).method, "GetParameterValues");
});

test("an answer after the 204 gets 204 once more, and changes nothing [QUIRKS-SESSION-41]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  await device.post(device.inform(), {});
  const { id } = readCall(await device.post(""));
  assert.equal((await device.post(valuesText(id))).bytes, NOTHING);
  const late = valuesText(id).replace("<Value>1<", "<Value>2<");
  for (let count = 0; count < 2; count += 1) assert.equal((await device.post(late)).bytes, NOTHING);
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result: values });
  assert.deepEqual(await server.client.devices.parameters(device.key), values);
});

test("an answer that comes twice is not taken for that to the next call [QUIRKS-SESSION-64]", async () => {
  await using device = await BareDevice.known(server);
  const [first, second] = [await device.wanted(read), await device.wanted(read)];
  await device.post(device.inform(), {});
  const answer = valuesText(readCall(await device.post("")).id);
  const next = await device.post(answer);
  assert.equal((await device.post(answer)).bytes, next.bytes, "the call that is out, once more");
  assert.equal((await device.kept(second)).state, "running");
  assert.equal(
    (await device.post(valuesText(readCall(next).id).replace("<Value>1<", "<Value>2<"))).status,
    204,
  );
  assert.deepEqual((await device.kept(first)).result, values);
  assert.deepEqual((await device.kept(second)).result, { ParameterList: { "Device.": { X: "2" } } });
});

test("the connection stays open behind the 204, for the device to close [QUIRKS-SESSION-43]", async () => {
  await using device = await BareDevice.known(server);
  const wire = await device.wire();
  for (let count = 0; count < 2; count += 1) {
    const { headers, status } = await device.post(device.inform(), {});
    assert.deepEqual([status, headers.get("connection")], [200, ["keep-alive"]]);
    assert.equal((await device.post("")).bytes, NOTHING);
  }
  assert.equal(wire.hasEnded, false);
});

test("what a session taught is kept where the device is gone before its end [QUIRKS-SESSION-42]", async () => {
  await using device = await BareDevice.known(server);
  const [first, second] = [await device.wanted(read), await device.wanted(reboot)];
  await device.post(device.inform({ events: ["4 VALUE CHANGE"] }), {});
  const { id } = readCall(await device.post(""));
  assert.equal(readCall(await device.post(valuesText(id))).method, "Reboot");
  await device.hangUp();

  assert.deepEqual(await device.kept(first), { state: "done", attempts: 1, result: values });
  assert.deepEqual(await device.kept(second), { state: "running", attempts: 1 });
  assert.deepEqual(await server.client.devices.parameters(device.key), values);
  assert.deepEqual(await server.eventNames(device.key), ["enrolled", "bootstrap", "value-change"]);
});

const left: readonly (readonly [
  kind: string,
  call: typeof read | typeof reboot,
  events: string,
  after: { readonly called?: string; readonly state: string; readonly attempts: number },
])[] = [
  [
    "a read is asked again",
    read,
    "2 PERIODIC",
    { called: "GetParameterValues", state: "running", attempts: 2 },
  ],
  ["a reboot that it proves is done", reboot, "M Reboot", { state: "done", attempts: 1 }],
  [
    "a reboot that it does not prove is not known",
    reboot,
    "1 BOOT",
    { state: "outcome-unknown", attempts: 1 },
  ],
];
for (const [kind, call, event, { called, ...expected }] of left) {
  test(`of a session that broke off, by the next Inform ${kind} [QUIRKS-SESSION-42]`, async () => {
    await using device = await BareDevice.known(server);
    const operation = await device.wanted(call);
    await device.post(device.inform(), {});
    assert.equal(readCall(await device.post("")).method, call.method);
    await device.hangUp();
    const inform = device
      .inform({ events: [event] })
      .replaceAll("<CommandKey/>", "<CommandKey>k</CommandKey>");
    assert.equal((await device.post(inform, {})).status, 200);
    const next = await device.post("");
    if (called === undefined) assert.equal(next.bytes, NOTHING);
    else assert.equal(readCall(next).method, called);
    const { state, attempts } = await device.kept(operation);
    assert.deepEqual({ state, attempts }, expected);
  });
}

test("an RPC that a device answers by empty POSTs is sent once more, ends, and leaves way to the next [QUIRKS-SESSION-64]", async () => {
  await using device = await BareDevice.known(server);
  const [first, second] = [await device.wanted(names), await device.wanted(read)];
  await device.post(device.inform(), {});
  const called = await device.post("");
  assert.equal(readCall(called).method, "GetParameterNames");
  assert.equal((await device.post("")).bytes, called.bytes);
  const next = readCall(await device.post(""));
  assert.equal(next.method, "GetParameterValues");
  assert.equal((await device.post(valuesText(next.id))).status, 204);
  assert.deepEqual(await device.kept(first), {
    state: "outcome-unknown",
    attempts: 1,
    reason: "an empty POST came in place of the answer",
  });
  assert.equal((await device.kept(second)).state, "done");
});

test("an RPC that must not run twice is not sent again to a device that answers it by an empty POST [QUIRKS-SESSION-64]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(reboot);
  await device.post(device.inform(), {});
  assert.equal(readCall(await device.post("")).method, "Reboot");
  assert.equal((await device.post("")).bytes, NOTHING);
  assert.equal((await device.kept(operation)).state, "running", "its next Inform may tell");
  await device.post(device.inform({ events: ["1 BOOT"] }), {});
  assert.equal((await device.post(rebooted)).bytes, NOTHING);
  const { state, reason } = await device.kept(operation);
  assert.equal(state, "outcome-unknown");
  assert.match(reason ?? "", /^sent once; .* the device's next Inform does not tell$/);
});

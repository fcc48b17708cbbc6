import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { envelopeText, valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, proofOf, readCall } from "./bare-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const rebooted = envelopeText("<cwmp:RebootResponse/>", { id: null });

test("an empty POST before the Inform is challenged, and leaves nothing in the store [QUIRKS-SESSION-3]", async () => {
  await using device = new BareDevice(server);
  const { bytes } = await device.post("");
  const [status, ...head] = bytes.split("\r\n");
  assert.equal(status, "HTTP/1.1 401 Unauthorized");
  const challenges = head.filter((line) => line.startsWith("WWW-Authenticate: "));
  assert.deepEqual(
    challenges.map((line) => line.replace(/nonce="[0-9a-f]+"/, "nonce")),
    [
      'WWW-Authenticate: Digest realm="heliograph", qop="auth", nonce, algorithm=MD5',
      'WWW-Authenticate: Digest realm="heliograph", qop="auth", nonce, algorithm=SHA-256',
      'WWW-Authenticate: Basic realm="heliograph"',
    ],
  );
  assert.ok(bytes.endsWith("\r\n\r\nauthentication required\n"));
  await assert.rejects(
    server.client.devices.get(device.key),
    (error) => error instanceof ApiError && error.status === 404,
  );
});

test("an empty POST of nobody that brings an Authorization is told to begin with an Inform [QUIRKS-SESSION-3]", async () => {
  await using device = await BareDevice.known(server);
  await device.reconnect();
  const { status, body } = await device.post("", { Authorization: 'Digest username="x"' });
  assert.equal(status, 400);
  assert.equal(body, "no such session: begin with an Inform\n");
  assert.equal((await device.post(device.inform(), {})).status, 200);
});

test("a device that sends each POST without its body first is challenged each time, and called once [QUIRKS-SESSION-3]", async () => {
  await using device = await BareDevice.equipped(server);
  const { login } = device.own;
  const operation = await device.wanted(reboot);

  // As curl does where it knows Digest alone, on one connection.
  await device.reconnect();
  const proof = async () => ({ ...device.cookie, ...proofOf(await device.post(""), login) });
  assert.equal(
    (await device.post(device.inform(), { ...proofOf(await device.post("", {}), login) })).status,
    200,
  );
  const call = readCall(await device.post("", await proof()));
  assert.equal(call.method, "Reboot");
  const proven = await proof();
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 1 });
  assert.equal((await device.post(rebooted, proven)).status, 204);
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result: {} });
});

test("an empty POST without the Authorization of its Inform does not cost the call that is out [QUIRKS-SESSION-3]", async () => {
  await using device = await BareDevice.equipped(server);
  const { login } = device.own;
  const operation = await device.wanted(reboot);
  const opening = proofOf(await device.post(device.inform(), {}), login);
  assert.equal((await device.post(device.inform(), opening)).status, 200);
  const called = await device.post("", { ...device.cookie, ...opening });
  assert.equal(readCall(called).method, "Reboot");
  const proof = proofOf(await device.post(""), login);
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 1 });
  assert.equal((await device.post(rebooted, { ...device.cookie, ...proof })).status, 204);
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result: {} });
});

test("where no authentication is asked for, the call that is out is sent again, byte for byte [QUIRKS-SESSION-3]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  await device.post(device.inform(), {});
  const called = await device.post("");
  assert.equal(readCall(called).method, "GetParameterValues");
  assert.equal((await device.post("")).bytes, called.bytes);
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 1 });
  assert.equal((await device.post(valuesText(readCall(called).id))).status, 204);
  const result = { ParameterList: { "Device.": { X: "1" } } };
  assert.deepEqual(await device.kept(operation), { state: "done", attempts: 1, result });
});

test("a device that leaves the Authorization out of its empty POSTs is called, and heard where it has no answer [QUIRKS-SESSION-3, QUIRKS-SESSION-64]", async () => {
  await using device = await BareDevice.equipped(server);
  const { login } = device.own;
  const [first, second] = [await device.wanted(read), await device.wanted(reboot)];
  const proof = proofOf(await device.post(device.inform(), {}), login);
  await device.post(device.inform(), proof);
  const { id } = readCall(await device.post(""));
  assert.equal(readCall(await device.post(valuesText(id), { ...device.cookie, ...proof })).method, "Reboot");
  assert.equal((await device.post("")).status, 204, "it has shown that its empty POSTs are no probes");
  assert.equal((await device.kept(first)).state, "done");
  assert.equal((await device.kept(second)).state, "running");
});

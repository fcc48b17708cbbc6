import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, postText, readCall } from "./bare-device.ts";
import { BareWire } from "./bare-wire.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const NO_SESSION = "no such session: begin with an Inform\n";

test("an Inform in the middle of a session begins it anew, and what was called is called again [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  await device.post(device.inform(), {});
  const before = device.cookie;
  const { id } = readCall(await device.post(""));
  assert.equal((await device.post(device.inform({ events: ["4 VALUE CHANGE"] }))).status, 200);
  assert.notDeepEqual(device.cookie, before);
  const again = readCall(await device.post(""));
  assert.equal(again.method, "GetParameterValues");
  assert.notEqual(again.id, id);
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 2 });
  assert.equal((await device.post(valuesText(again.id))).status, 204);
  assert.equal((await device.kept(operation)).state, "done");
  assert.deepEqual(await server.eventNames(device.key), ["enrolled", "bootstrap", "value-change"]);
});

test("of Informs that a device sends over two connections at once one session remains, and the other is told so [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  const wires = [await device.reconnect(), await device.reconnect()];
  for (const wire of wires) wire.write(postText(device.inform()));
  const cookies = await Promise.all(
    wires.map(async (wire) => {
      const reply = await wire.reply();
      assert.equal(reply.status, 200);
      device.heard(reply);
      return device.cookie;
    }),
  );
  for (const [at, wire] of wires.entries()) wire.write(postText("", cookies[at]));
  const replies = await Promise.all(wires.map((wire) => wire.reply()));
  assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 401]);
  const lives = replies.findIndex(({ status }) => status === 200);
  wires[lives]?.write(postText(valuesText(), cookies[lives]));
  assert.equal((await wires[lives]?.reply())?.status, 204);
  wires[1 - lives]?.write(postText(valuesText(), cookies[1 - lives]));
  assert.equal((await wires[1 - lives]?.reply())?.body, NO_SESSION);
  assert.equal((await device.kept(operation)).state, "done");
});

test("an Inform that is sent again to the letter, since its answer was lost, is answered to the letter [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  const inform = device.inform({ id: "77", events: ["1 BOOT"] });
  const answers: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    answers.push((await device.post(inform, {})).bytes);
    await device.hangUp();
  }
  assert.match(answers[0] ?? "", /<cwmp:ID soap-env:mustUnderstand="1">77<.*<cwmp:InformResponse>/);
  assert.deepEqual(
    answers,
    Array.from(answers, () => answers[0]),
  );
  assert.equal(readCall(await device.post("")).method, "GetParameterValues");
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 1 });
  const names = await server.eventNames(device.key);
  assert.deepEqual(names, ["enrolled", "bootstrap", "boot", "boot", "boot"], "it may have booted each time");
});

test("49 sessions in a row, each with an Inform without events, leave one device and nothing else [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  for (let count = 0; count < 49; count += 1) {
    const { status } = await device.post(device.inform({ events: [] }), {});
    assert.deepEqual([status, (await device.post("")).status], [200, 204]);
    if (count % 2 === 0) await device.hangUp();
  }
  const { items } = await server.client.devices.list({ query: device.key });
  assert.deepEqual(
    items.map(({ key }) => key),
    [device.key],
  );
  assert.deepEqual(await server.eventNames(device.key), ["enrolled", "bootstrap"]);
});

test("a device that sends its next POSTs before it was answered is answered in order [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  const wire = await BareWire.open(server.life.acsUrl);
  wire.write(
    `${postText(device.inform({ events: ["1 BOOT"] }))}${postText("")}${postText(valuesText(null))}`,
  );
  assert.match((await wire.reply()).body, /<cwmp:InformResponse>/);
  assert.equal(readCall(await wire.reply()).method, "GetParameterValues");
  assert.equal((await wire.reply()).status, 204);
  assert.equal((await device.kept(operation)).state, "done");
  assert.equal(wire.hasEnded, false);
  wire.cut();
});

test("a connection over which far too many POSTs come before the first is answered is cut [QUIRKS-SESSION-66]", async () => {
  await using device = await BareDevice.known(server);
  const wire = await device.reconnect();
  wire.write(postText(device.inform({ events: ["1 BOOT"] })) + postText("").repeat(1_000));
  await wire.ended();
  await device.reconnect();
  assert.equal((await device.post(device.inform(), {})).status, 200);
  assert.equal((await device.post("")).status, 204);
});

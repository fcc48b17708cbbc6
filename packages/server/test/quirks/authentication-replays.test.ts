import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { transferCompleteText } from "../envelopes.ts";
import {
  admitted,
  answerTo,
  equipped,
  FIRST_CONTACT,
  isStale,
  startClosed,
  type Manner,
} from "./authentication-answers.ts";
import { BareDevice, postText, readCall } from "./bare-device.ts";
import { BareWire, type BareReply } from "./bare-wire.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await startClosed(resources.use(tempDir())));
after(() => resources.disposeAsync());

const { client, life } = server;
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };

test("an Inform that somebody recorded opens nothing when it is sent again, and the device's session goes on", async () => {
  await using device = new BareDevice(server);
  const login = await equipped(server, device);
  const operation = await device.wanted(read);
  const inform = device.inform({ events: ["1 BOOT"] });
  const recorded = postText(inform, answerTo(await device.post(inform, {}), login));
  const wire = await device.wire();
  wire.write(recorded);
  assert.equal(device.heard(await wire.reply()).status, 200);
  const { lastInform } = await client.devices.get(device.key);

  const replayed = await replay(recorded);
  assert.match(replayed.bytes, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.equal(isStale(replayed), true);
  assert.equal(replayed.headers.has("set-cookie"), false);
  assert.equal((await client.devices.get(device.key)).lastInform, lastInform);
  const call = readCall(await device.post(""));
  assert.equal(call.method, "GetParameterValues");
  assert.equal((await device.kept(operation)).state, "running");
});

test("an answer that somebody recorded carries no other Inform than the one it was given for", async () => {
  await using device = new BareDevice(server);
  const login = await equipped(server, device);
  const answer = answerTo(await device.post(device.inform(), {}), login);
  assert.equal((await device.post(device.inform(), answer)).status, 200);
  const names = await server.eventNames(device.key);
  const forged = await replay(postText(device.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] }), answer));
  assert.deepEqual([forged.status, isStale(forged)], [401, true]);
  assert.deepEqual(await server.eventNames(device.key), names);
});

/** How a recorded answer is changed so that it might pass for another. */
const changed: readonly (readonly [kind: string, change: (header: string) => string, isTooOld: boolean])[] = [
  ["in capitals", (header) => header.replace(/response="([^"]*)"/, (text) => upper(text)), true],
  [
    "split otherwise between count and cnonce",
    (header) => header.replace(/nc=(\w+), cnonce="a:b"/, 'nc="$1:a", cnonce="b"'),
    true,
  ],
  ["with more in it", (header) => `${header}, opaque="x", x=y`, true],
  ["for another uri", (header) => header.replace('uri="/"', 'uri="/other"'), false],
  ["with another count", (header) => header.replace("nc=00000001", "nc=00000002"), false],
  ["with another cnonce", (header) => header.replace('cnonce="a:b"', 'cnonce="c:d"'), false],
  [
    "with another name for the algorithm",
    (header) => header.replace("algorithm=MD5", "algorithm=MD5-sess"),
    false,
  ],
];
for (const [kind, change, isTooOld] of changed) {
  test(`a recorded answer ${kind} opens nothing`, async () => {
    await using device = new BareDevice(server);
    const answer = answerTo(await device.post(device.inform(), {}), FIRST_CONTACT, { cnonce: "a:b" });
    assert.equal((await device.post(device.inform(), answer)).status, 200);
    const other = change(answer["Authorization"] ?? "");
    assert.notEqual(other, answer["Authorization"]);
    const refused = await replay(postText(device.inform(), { Authorization: other }));
    assert.deepEqual([refused.status, isStale(refused)], [401, isTooOld]);
  });
}

/** How devices that were asked once prove who they are from then on. */
const habits: readonly (readonly [kind: string, manner: (time: number) => Manner, isAskedAgain: boolean])[] =
  [
    ["counts on", (time) => ({ nc: time }), false],
    ["always counts 1, with another cnonce", () => ({ nc: 1 }), false],
    ["counts on, with the same cnonce", (time) => ({ nc: time, cnonce: "c" }), false],
    ["gives the same answer", () => ({ cnonce: "c" }), true],
    ["knows RFC 2069 alone, and so gives the same answer", () => ({ as: { qop: [] } }), true],
  ];
for (const [kind, manner, isAskedAgain] of habits) {
  test(`a device that answers before it is asked, and ${kind}, ${isAskedAgain ? "is asked again and then " : ""}comes in`, async () => {
    await using device = new BareDevice(server);
    const login = await equipped(server, device);
    let challenged = await device.post(device.inform(), {});
    let asked = 0;
    for (let time = 1; time <= 4; time += 1) {
      await device.hangUp();
      let reply = await device.post(device.inform(), answerTo(challenged, login, manner(time)));
      if (reply.status === 401) {
        assert.equal(isStale(reply), true);
        asked += 1;
        challenged = reply;
        reply = await device.post(device.inform(), answerTo(challenged, login, manner(time)));
      }
      assert.equal(reply.status, 200);
      assert.equal((await device.post("")).status, 204);
    }
    assert.equal(asked, isAskedAgain ? 3 : 0);
  });
}

test("a device that did not hear the answer to its Inform sends it again as it was, is asked again, and comes in", async () => {
  await using device = new BareDevice(server);
  const login = await equipped(server, device);
  const inform = device.inform({ events: ["1 BOOT"] });
  const whole = postText(inform, answerTo(await device.post(inform, {}), login));
  const wire = await device.wire();
  wire.write(whole);
  await wire.reply();
  await device.hangUp();
  const again = await device.wire();
  again.write(whole);
  const challenged = await again.reply();
  assert.deepEqual([challenged.status, isStale(challenged)], [401, true]);
  assert.equal((await device.post(inform, answerTo(challenged, login))).status, 200);
  assert.equal((await device.post("")).status, 204);
});

test("requests within a session may carry the Authorization of its Inform, or any other: they admit nobody", async () => {
  await using device = new BareDevice(server);
  const login = await equipped(server, device);
  await device.wanted(read);
  const challenged = await device.post(device.inform(), {});
  const answer = answerTo(challenged, login);
  assert.equal((await device.post(device.inform(), answer)).status, 200);
  const reported = await device.post(transferCompleteText(), { ...device.cookie, ...answer });
  assert.match(reported.body, /TransferCompleteResponse/);
  assert.equal(readCall(await device.post("", { ...device.cookie, ...answer })).method, "GetParameterValues");
  const later = answerTo(challenged, login, { nc: 2 });
  assert.equal(readCall(await device.post("", { ...device.cookie, ...later })).method, "GetParameterValues");
  // What a request within a session carries is not spent, so that it is good for the next Inform.
  assert.equal((await device.post(device.inform(), later)).status, 200);
});

test("a wrong answer is not remembered: the right one to the same nonce is good after it", async () => {
  await using device = new BareDevice(server);
  const challenged = await device.post(device.inform(), {});
  const guess = answerTo(challenged, { ...FIRST_CONTACT, password: "guess" });
  assert.equal((await device.post(device.inform(), guess)).status, 401);
  assert.equal((await device.post(device.inform(), answerTo(challenged, FIRST_CONTACT))).status, 200);
});

test("who is turned away for another reason is asked again: its answer is spent", async () => {
  await using device = new BareDevice(server);
  assert.equal((await admitted(device, FIRST_CONTACT)).status, 200);
  await client.devices.reject(device.key);
  const answer = answerTo(await device.post(device.inform(), {}), FIRST_CONTACT);
  assert.equal((await device.post(device.inform(), answer)).status, 403);
  assert.equal((await device.post(device.inform(), answer)).status, 401);
});

/** What somebody else is answered who sends these bytes. */
async function replay(bytes: string): Promise<BareReply> {
  const wire = await BareWire.open(life.acsUrl);
  try {
    wire.write(bytes);
    return await wire.reply();
  } finally {
    wire.cut();
  }
}

function upper(response: string): string {
  return response.replace(/"[^"]*"/, (value) => value.toUpperCase());
}

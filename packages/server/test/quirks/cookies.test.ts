import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, postText, readCall, type Headers } from "./bare-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const NO_SESSION = "no such session: begin with an Inform\n";
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const done = { state: "done", attempts: 1, result: { ParameterList: { "Device.": { X: "1" } } } };

/** How devices send our cookie back, `ours` being its value and `old` that of the session before. */
type Returned = readonly (readonly [kind: string, header: (ours: string, old: string) => string])[];

const returned: Returned = [
  ["as it should be", (ours) => `Cookie: session=${ours}`],
  ["with its attributes", (ours) => `Cookie: session=${ours}; Path=/; HttpOnly`],
  ["with its attributes in front", (ours) => `Cookie: Path=/; HttpOnly; session=${ours}`],
  ["after another cookie", (ours) => `Cookie: lang=en; session=${ours}`],
  ["after a comma", (ours) => `Cookie: lang=en, session=${ours}`],
  ["after a comma alone", (ours) => `Cookie: lang=en,session=${ours},theme=dark`],
  ["after a semicolon alone", (ours) => `Cookie: lang=en;session=${ours};theme=dark`],
  ["after a space", (ours) => `Cookie: lang=en session=${ours}`],
  ["in quotes", (ours) => `Cookie: session="${ours}"`],
  ["with spaces around the sign", (ours) => `Cookie: session = ${ours} ;`],
  ["with its name in capitals", (ours) => `COOKIE: SESSION=${ours}; PATH=/`],
  [
    "and each attribute in a header of its own",
    (ours) => `Cookie: session=${ours}\r\nCookie: Path=/\r\nCookie: HttpOnly`,
  ],
  ["in the last of three headers", (ours) => `Cookie: a=1\r\nCookie: b=2\r\nCookie: session=${ours}`],
  ["behind 10 kB of others", (ours) => `Cookie: ${"junk=0123456789; ".repeat(600)}session=${ours}`],
  [
    "beside others whose names end or begin like it",
    (ours) => `Cookie: mysession=${"0".repeat(32)}; session2=${"0".repeat(32)}; session=${ours}`,
  ],
];
for (const [kind, header] of returned) {
  test(`a session goes on over new connections by the cookie that comes ${kind} [QUIRKS-COOKIE-44]`, () =>
    goesOn(header));
}

const versioned: Returned = [
  [
    "as RFC 2965 has it",
    (ours) => `Cookie: $Version="1"; session="${ours}"; $Path="/"\r\nCookie2: $Version="1"`,
  ],
  ["behind a version and a comma", (ours) => `Cookie: $Version=0,session=${ours};$Path=/`],
];
for (const [kind, header] of versioned) {
  test(`a session goes on over new connections by the cookie that comes ${kind} [QUIRKS-COOKIE-45]`, () =>
    goesOn(header));
}

const besideOld: Returned = [
  ["behind that of the session before", (ours, old) => `Cookie: session=${old}; session=${ours}`],
  ["in front of that of the session before", (ours, old) => `Cookie: session=${ours}; session=${old}`],
  [
    "and that of the session before in two headers",
    (ours, old) => `Cookie: session=${old}; Path=/\r\nCookie: session=${ours}; Path=/`,
  ],
];
for (const [kind, header] of besideOld) {
  test(`a session goes on over new connections by the cookie that comes ${kind} [QUIRKS-COOKIE-46]`, () =>
    goesOn(header));
}

const foreign: readonly (readonly [kind: string, value: (ours: string) => string])[] = [
  ["that nobody set", () => `session=${"0".repeat(32)}`],
  ["that is cut short", (ours) => `session=${ours.slice(1)}`],
  ["that goes on behind its end", (ours) => `session=${ours}0`],
  ["of another name", (ours) => `mysession=${ours}`],
  ["without a value", () => "session="],
];
for (const [kind, value] of foreign) {
  test(`by a cookie ${kind} no session is found, and none is harmed [QUIRKS-COOKIE-44]`, async () => {
    await using device = await BareDevice.known(server);
    const operation = await device.wanted(read);
    await device.post(device.inform(), {});
    const { cookie } = device;
    await device.reconnect();
    const { status, body } = await device.post(valuesText(), { Cookie: value(valueOf(cookie)) });
    assert.deepEqual([status, body], [400, NO_SESSION]);
    const { id } = readCall(await device.post("", cookie));
    assert.equal((await device.post(valuesText(id), cookie)).status, 204);
    assert.deepEqual(await device.kept(operation), done);
  });
}

test("the cookie of an earlier session on an Inform counts for nothing, whether that one is over or not [QUIRKS-COOKIE-46]", async () => {
  await using device = await BareDevice.known(server);
  const seen = new Set([valueOf(device.cookie)]);
  const operation = await device.wanted(read);
  for (let count = 0; count < 3; count += 1) {
    await device.reconnect();
    assert.equal((await device.post(device.inform())).status, 200);
    seen.add(valueOf(device.cookie));
  }
  assert.equal(seen.size, 4, "each session has a cookie of its own");
  const { id } = readCall(await device.post(""));
  assert.equal((await device.post(valuesText(id))).status, 204);
  assert.deepEqual(await device.kept(operation), done);
});

test("the cookie of one device's session on the Inform of another opens a session of that other [QUIRKS-COOKIE-46]", async () => {
  await using one = await BareDevice.known(server);
  await using other = await BareDevice.known(server);
  const operation = await one.wanted(read);
  await one.post(one.inform(), {});
  assert.equal((await other.post(other.inform(), one.cookie)).status, 200);
  assert.equal((await other.post("")).status, 204, "it is not called what the one is");
  const { id } = readCall(await one.post(""));
  assert.equal((await one.post(valuesText(id))).status, 204);
  assert.deepEqual(await one.kept(operation), done);
});

test("the cookie has Path=/ and a value of letters and digits, and is set once a session [QUIRKS-COOKIE-47, QUIRKS-COOKIE-48]", async () => {
  await using device = await BareDevice.known(server);
  await device.wanted(read);
  const opened = await device.post(device.inform(), {});
  assert.match(opened.bytes, /\r\nSet-Cookie: session=…; Path=\/; HttpOnly\r\n/);
  assert.match(valueOf(device.cookie), /^[0-9A-Za-z]{32}$/);
  assert.deepEqual(opened.headers.get("set-cookie")?.length, 1);
  const { id } = readCall(await device.post(""));
  for (const body of [valuesText(id), ""]) {
    assert.equal((await device.post(body)).headers.has("set-cookie"), false);
  }
});

test("a device that keeps no cookies has its session by its connection [QUIRKS-COOKIE-49]", async () => {
  await using device = await BareDevice.known(server);
  await using other = await BareDevice.known(server);
  const [operation, others] = [await device.wanted(read), await other.wanted(read)];
  for (const each of [device, other]) await each.post(each.inform(), {});
  for (const each of [device, other]) {
    const { id } = readCall(await each.post("", {}));
    assert.equal((await each.post(valuesText(id), {})).status, 204);
    assert.equal((await each.post("", {})).status, 204);
  }
  assert.deepEqual(await device.kept(operation), done);
  assert.deepEqual(await other.kept(others), done);
});

test("a device that keeps neither cookies nor its connection is told to begin anew, and can [QUIRKS-COOKIE-49]", async () => {
  await using device = await BareDevice.known(server);
  const operation = await device.wanted(read);
  await device.post(device.inform(), {});
  const { id } = readCall(await device.post("", {}));
  await device.hangUp();
  const lost = await device.post(valuesText(id), {});
  assert.deepEqual([lost.status, lost.body], [400, NO_SESSION]);
  assert.deepEqual(await device.kept(operation), { state: "running", attempts: 1 });

  await device.hangUp();
  assert.equal((await device.post("", {})).status, 401, "it may be a probe for the challenge");
  await device.hangUp();
  assert.equal((await device.post(device.inform(), {})).status, 200);
  const again = readCall(await device.post("", {}));
  assert.equal((await device.post(valuesText(again.id), {})).status, 204);
  assert.deepEqual(await device.kept(operation), { ...done, attempts: 2 });
});

test("without cookies a connection belongs to the device that informed over it last [QUIRKS-COOKIE-49]", async () => {
  await using one = await BareDevice.known(server);
  await using other = await BareDevice.known(server);
  const operation = await other.wanted(read);
  await one.post(one.inform(), {});
  const wire = await one.wire();
  wire.write(postText(other.inform()));
  assert.equal((await wire.reply()).status, 200);
  wire.write(postText(""));
  const { id } = readCall(await wire.reply());
  wire.write(postText(valuesText(id)));
  assert.equal((await wire.reply()).status, 204);
  assert.deepEqual(await other.kept(operation), done);
});

/** Fails unless a session is held to its end over a connection for each POST, by nothing but that header. */
async function goesOn(header: Returned[number][1]): Promise<void> {
  await using device = await BareDevice.known(server);
  const old = valueOf(device.cookie);
  const operation = await device.wanted(read);
  await device.post(device.inform(), {});
  const cookie = header(valueOf(device.cookie), old);
  const answer = async (body: string) => {
    const wire = await device.reconnect();
    wire.write(postText(body).replace("Host: acs\r\n", `Host: acs\r\n${cookie}\r\n`));
    return wire.reply();
  };
  const { id } = readCall(await answer(""));
  assert.equal((await answer(valuesText(id))).status, 204);
  assert.deepEqual(await device.kept(operation), done);
}

function valueOf({ Cookie: cookie = "" }: Headers): string {
  return cookie.replace("session=", "");
}

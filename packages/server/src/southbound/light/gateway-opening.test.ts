import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { parseDeviceKey } from "@heliograph/protocol";
import { openLightBench } from "../../../test/light-gateway-bench.ts";
import type { Connected, LightBench } from "../../../test/light-gateway-bench.ts";
import { openDevice } from "../../../test/light-gateway-device.ts";
import { openLightWire } from "../../../test/light-gateway-wire.ts";
import type { ConnectReply } from "../../ports/index.ts";
import { SUBPROTOCOLS } from "../subprotocols.ts";

const COME_BACK = { code: 1001, reason: "10" };

test("the first subprotocol that the ACS speaks is taken, and nothing else is echoed [LIGHT-OPEN-1, LIGHT-OPEN-3]", async () => {
  await using bench = await openLightBench();
  const { token } = await bench.enrol();
  const protocols = ["v1.usp", "cwmp.json", `bearer.${token}`];
  const device = await openDevice(bench.url, { protocols });
  assert.equal(device.socket.protocol, "cwmp.json");
  assert.equal((await bench.engine.connects.take()).subprotocol, "cwmp.json");
});

test("none in common is refused with 400 and a line that says what is spoken, to browsers too [LIGHT-OPEN-2]", async () => {
  await using bench = await openLightBench();
  const { token } = await bench.enrol();
  for (const protocols of [["v1.usp"], ["v1.usp", `bearer.${token}`], []]) {
    const refusal = await bench.knock({ protocols, token });
    assert.equal(refusal.status, 400);
    assert.equal(refusal.body, `none of the subprotocols is spoken here: ${SUBPROTOCOLS.join(", ")}\n`);
    assert.equal(refusal.headers["content-type"], "text/plain; charset=utf-8");
  }
});

test("a token that is missing, wrong, expired or revoked is refused with 401 [LIGHT-OPEN-4]", async () => {
  await using bench = await openLightBench();
  const { key } = await bench.enrol();
  const stranger = parseDeviceKey("001122-Box-S9");
  assert.ok(stranger !== undefined);
  const cases = [
    [undefined, "a token is needed; an Inform over HTTP gets one\n"],
    ["never-minted", "the token is not good, or not any more\n"],
    [bench.mint({ device: key, expiresAt: bench.clock.now() }), "the token is not good, or not any more\n"],
    [bench.mint({ device: key, credentialVersion: -1 }), "the token was revoked\n"],
    [bench.mint({ device: stranger }), "the token was revoked\n"],
  ] as const;
  for (const [token, body] of cases) {
    const refusal = await bench.knock(token === undefined ? {} : { token });
    assert.equal(refusal.status, 401);
    assert.equal(refusal.body, body);
    assert.equal(refusal.headers["www-authenticate"], "Bearer");
  }
  assert.equal(bench.engine.connects.untaken, 0);
});

test("a device that waits for approval, or was rejected, is refused with 403 [LIGHT-OPEN-4]", async () => {
  await using bench = await openLightBench();
  for (const approval of ["waiting", "rejected"] as const) {
    const { key } = await bench.enrol(approval);
    await setApproval(bench, key, approval);
    const row = await bench.ports.store.device(key);
    const token = bench.mint({ device: key, credentialVersion: row?.credentialVersion ?? -1 });
    const refusal = await bench.knock({ token });
    assert.equal(refusal.status, 403);
    assert.equal(refusal.body, "this device is not approved\n");
  }
});

test("who comes with bearer. sees the refusal as a close code, once the handshake is done [LIGHT-OPEN-5]", async () => {
  await using bench = await openLightBench();
  const { key } = await bench.enrol();
  await setApproval(bench, key, "rejected");
  const row = await bench.ports.store.device(key);
  const rejected = bench.mint({ device: key, credentialVersion: row?.credentialVersion ?? -1 });
  const ends = [];
  for (const token of ["never-minted", rejected]) {
    const device = await openDevice(bench.url, { protocols: ["cwmp.json", `bearer.${token}`] });
    assert.equal(device.socket.protocol, "cwmp.json");
    ends.push(await device.ended.take());
  }
  assert.deepEqual(ends, [
    { code: 4001, reason: "the token is not good, or not any more" },
    { code: 4501, reason: "this device is not approved" },
  ]);
  assert.equal(bench.engine.connects.untaken, 0);
});

test("a full ACS says 503 and when to come back, without a look at the token [LIGHT-OPEN-4, LIGHT-OPEN-5]", async () => {
  await using bench = await openLightBench({ bounds: { maxConnections: 1 } });
  await bench.connect();
  const refusal = await bench.knock({ token: "never-minted" });
  assert.equal(refusal.status, 503);
  assert.equal(refusal.body, "too many connections\n");
  const seconds = Number(refusal.headers["retry-after"]);
  assert.ok(seconds >= 1 && seconds <= 10, String(seconds));
  const blind = await openDevice(bench.url, { protocols: ["cwmp.json", "bearer.x"] });
  const { code, reason } = await blind.ended.take();
  assert.equal(code, COME_BACK.code);
  assert.match(reason, /^(?:[1-9]|10)$/, "the seconds of which it is to take a random part");
});

test("a connection that ended makes room for another", async () => {
  await using bench = await openLightBench({ bounds: { maxConnections: 1 } });
  const { device } = await bench.connect("S1");
  device.socket.close(1000);
  await bench.engine.closed.take();
  await device.ended.take();
  await setImmediate();
  await bench.connect("S2");
});

test("refusals are in the log, and tokens are not", async () => {
  await using bench = await openLightBench();
  await bench.knock({ token: "secret-token" });
  await bench.knock({ protocols: ["v1.usp", "bearer.secret-token"] });
  const lines = bench.log.filter(({ event }) => event === "light-refused");
  assert.deepEqual(
    lines.map(({ fields }) => [fields?.["address"], fields?.["status"]]),
    [
      ["127.0.0.1", 401],
      ["127.0.0.1", 400],
    ],
  );
  assert.doesNotMatch(JSON.stringify(bench.log), /secret-token/);
});

test("what is no WebSocket handshake is refused with 400", async () => {
  await using bench = await openLightBench();
  const { token } = await bench.enrol();
  await assert.rejects(
    openLightWire(bench.port, token, { version: 12 }),
    /^Error: HTTP.1[.]1 426 Upgrade Required\r\n/,
  );
  assert.equal(bench.engine.connects.untaken, 0);
});

test("behind a proxy the device's address is the one that the proxy wrote", async () => {
  await using bench = await openLightBench({ settings: { behindProxy: true } });
  const { token } = await bench.enrol();
  const headers = { "X-Forwarded-For": "10.0.0.1, 203.0.113.9" };
  const { announcement } = await bench.connect("S1", { token, headers });
  assert.equal(announcement.address, "203.0.113.9");
});

test("a device whose engine does not take it is closed as the engine says [LIGHT-OPEN-8]", async () => {
  const replies: ConnectReply[] = [
    { type: "refused", reason: "unknown-device" },
    { type: "refused", reason: "not-approved" },
    { type: "refused", reason: "revoked" },
  ];
  await using bench = await openLightBench({
    engine: { connect: async () => replies.shift() ?? { type: "refused", reason: "revoked" } },
  });
  const codes = [];
  for (const serial of ["S1", "S2", "S3"]) {
    const { device } = await bench.connect(serial);
    codes.push((await device.ended.take()).code);
  }
  assert.deepEqual(codes, [4500, 4501, 4001]);
});

test("without an engine a device is told to come back", async () => {
  await using bench = await openLightBench();
  bench.engine.die();
  const { token } = await bench.enrol();
  const device = await openDevice(bench.url, { token });
  assert.deepEqual(await device.ended.take(), COME_BACK);
});

test("what a device says before an engine owns it waits, and is heard then", async () => {
  const reply = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    engine: {
      connect: async () => {
        await reply.promise;
        return { type: "owned", engine: bench.engine.id, generation: 9 };
      },
    },
  });
  const { device } = await bench.connect();
  device.say({ id: "d1", method: "Attach" });
  device.say({ id: "d2", method: "GetRPCMethods" });
  for (let turn = 0; turn < 10; turn += 1) await setImmediate();
  assert.equal(bench.engine.attaches.untaken, 0);
  reply.resolve(undefined);
  assert.deepEqual(new Set([(await device.hear()).id, (await device.hear()).id]), new Set(["d1", "d2"]));
  assert.equal((await bench.engine.attaches.take()).generation, 9);
});

test("the engine hears that a connection ended also where it did before it was owned", async () => {
  const reply = Promise.withResolvers<undefined>();
  await using bench = await openLightBench({
    bounds: { closeTimeoutMs: 50 },
    engine: {
      connect: async () => {
        await reply.promise;
        return { type: "owned", engine: bench.engine.id, generation: 9 };
      },
    },
  });
  const { announcement } = await bench.connect();
  const closing = bench.gateway.close();
  await bench.clock.advance(1_000);
  await closing;
  assert.equal(bench.engine.closed.untaken, 0);
  reply.resolve(undefined);
  const { connection, generation } = await bench.engine.closed.take();
  assert.deepEqual({ connection, generation }, { connection: announcement.connection, generation: 9 });
});

test("the newest connection wins: the engine has the older closed with 4000, and its end is its own [LIGHT-OPEN-10]", async () => {
  await using bench = await openLightBench();
  const older = await bench.attach();
  const newer = await bench.attach();
  bench.engine.disconnect(older.announcement, 4000, "the device opened another connection");
  const reason = "the device opened another connection";
  assert.deepEqual(await older.device.ended.take(), { code: 4000, reason });
  const closed = await bench.engine.closed.take();
  assert.equal(closed.connection, older.announcement.connection);
  assert.equal(closed.detail, `the ACS closed it with 4000: ${reason}`);
  assert.equal((await newer.device.ask("GetRPCMethods")).error, undefined);
});

test("after three replacements a fourth that takes the place of a living connection is a conflict: 503, and both addresses are on record [LIGHT-OPEN-11]", async () => {
  await using bench = await openLightBench({ settings: { behindProxy: true } });
  const holder = await replacedThrice(bench);
  const { token } = await bench.enrol();
  const headers = { "X-Forwarded-For": "203.0.113.66" };
  const refusal = await bench.knock({ token, headers });
  assert.equal(refusal.status, 503);
  assert.equal(refusal.body, "this device is connected, and was replaced too often lately\n");
  assert.equal(refusal.headers["retry-after"], "600");
  const [entry] = await bench.ports.store.audit({ limit: 10 });
  assert.equal(entry?.action, "connection-conflict");
  assert.equal(entry.device, holder.announcement.device);
  const { address, holder: held } = entry.detail;
  assert.deepEqual({ address, held }, { address: "203.0.113.66", held: "127.0.0.1" });
  assert.equal((await holder.device.ask("GetRPCMethods")).error, undefined);
});

test("a conflict is on record once a minute, however often it is tried", async () => {
  await using bench = await openLightBench();
  await replacedThrice(bench);
  const { token } = await bench.enrol();
  for (let count = 0; count < 3; count += 1) assert.equal((await bench.knock({ token })).status, 503);
  assert.equal((await bench.ports.store.audit({ limit: 10 })).length, 1);
});

test("a connection that is dead is replaced as often as its device comes [LIGHT-OPEN-11]", async () => {
  await using bench = await openLightBench();
  const holder = await replacedThrice(bench, { autoPong: false });
  const { token } = await bench.enrol();
  const opening = openDevice(bench.url, { token });
  await holder.device.pings.take();
  await bench.clock.advance(5_000);
  await opening;
  const closed = await bench.engine.closed.take();
  assert.equal(closed.connection, holder.announcement.connection);
  assert.equal(closed.detail, "the device did not answer a probe");
});

test("replacements that are ten minutes old are forgotten [LIGHT-OPEN-11]", async () => {
  await using bench = await openLightBench();
  const holder = await replacedThrice(bench);
  await bench.clock.advance(0);
  bench.clock.jump(10 * 60_000);
  await bench.connect();
  assert.equal((await holder.device.ask("GetRPCMethods")).error, undefined);
});

/** A device that has taken the place of its own connection three times; the last lives. */
async function replacedThrice(bench: LightBench, options: { autoPong?: boolean } = {}): Promise<Connected> {
  let holder = await bench.connect("S1", options);
  for (let count = 0; count < 3; count += 1) {
    const newer = await bench.connect("S1", options);
    bench.engine.disconnect(holder.announcement, 4000, "replaced");
    await holder.device.ended.take();
    await bench.engine.closed.take();
    holder = newer;
  }
  return holder;
}

async function setApproval(
  { ports }: LightBench,
  device: Connected["announcement"]["device"],
  approval: "waiting" | "rejected",
): Promise<void> {
  const audit = { at: 1, manager: "test", action: "set-approval", device, detail: {} };
  await ports.store.commit("set-approval", { device, approval, audit, events: [] });
}

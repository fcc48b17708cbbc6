import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { RecordInform } from "../light-changes.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  anEvent,
  approving,
  asking,
  at,
  attached,
  claiming,
  connected,
  connectionOf,
  enrolled,
  enrolment,
  eventNames,
  generationOf,
  keyOf,
  lightOpening,
  openedPart,
  opening,
  outcome,
  versionOf,
  type On,
} from "./store.fixture.ts";

const light = (id: string) => connectionOf(id, "e1", "light");

/** Devices on the light transport: one connection that stays, referred to and lapsed, with sessions beside it. */
export function lightSuite(on: On): void {
  connectionsOfDevices(on);
  sessionsBeside(on);
  standing(on);
  informs(on);
}

function connectionsOfDevices(on: On): void {
  on("a light connection becomes the device's, and gives it with its open operations", async (store) => {
    const key = await enrolled(store, "1");
    const former = await connected(store, key, "c1");
    const operation = await accepted(store, asking(key, "a"));
    const wake = {
      attempts: 3,
      last: { at: at(5), result: "accepted", detail: "200" },
      nextAt: at(60),
    } as const;
    await store.commit("record-wake", { device: key, generation: former.generation, wake, events: [] });
    const change = lightOpening(key, "l1", { address: "192.0.2.7", events: [anEvent(key, "connected")] });
    const opened = await store.commit("open-light-connection", change);
    const device = await store.device(key);
    assert.deepEqual(opened, { type: "opened", device, operations: [operation] });
    assert.equal(device?.generation, former.generation + 1);
    assert.deepEqual(device.connection, light("l1"));
    assert.equal(device.address, "192.0.2.7");
    assert.deepEqual(
      device.wake,
      { attempts: 0, last: wake.last },
      "a device that is here need not be woken",
    );
    const claim = claiming(key, "a", { pair: former, call: "1" });
    assert.deepEqual(await store.commit("claim-call", claim), { held: false }, "the session gets no call");
    assert.deepEqual(await eventNames(store), ["operation queued", "connected"]);
  });

  on("the light connection that was open until now is named; one that was closed is not", async (store) => {
    const key = await enrolled(store, "1");
    await attached(store, key, "l1");
    const second = await store.commit("open-light-connection", lightOpening(key, "l2"));
    assert.ok(second.type === "opened");
    assert.deepEqual(second.replaced, light("l1"));
    const pair = { connection: light("l2").id, generation: second.device.generation };
    await store.commit("close-connection", { key, ...pair, events: [] });
    const third = await store.commit("open-light-connection", lightOpening(key, "l3"));
    assert.ok(third.type === "opened");
    assert.equal(third.replaced, undefined);
    assert.equal(third.device.generation, second.device.generation + 1);
  });

  on("the late close of a light connection leaves the newer one open", async (store) => {
    const key = await enrolled(store, "1");
    const former = await attached(store, key, "l1");
    await attached(store, key, "l2");
    const events = [anEvent(key, "disconnected")];
    assert.deepEqual(await store.commit("close-connection", { key, ...former, events }), { held: false });
    assert.deepEqual((await store.device(key))?.connection, light("l2"));
    assert.deepEqual(await eventNames(store), []);
  });

  on("the same light connection, opened again, changes nothing", async (store) => {
    const key = await enrolled(store, "1");
    const change = lightOpening(key, "l1", { events: [anEvent(key, "connected")] });
    const first = await store.commit("open-light-connection", change);
    assert.deepEqual(await store.commit("open-light-connection", change), first);
    assert.deepEqual(await eventNames(store), ["connected"]);
  });

  on(
    "an engine that takes a light connection over raises the generation, and replaces no connection",
    async (store) => {
      const key = await enrolled(store, "1");
      const former = await attached(store, key, "l1");
      const connection = { ...connectionOf("l1", "e2", "light"), openedAt: at(60) };
      const taking = lightOpening(key, "l1", { connection });
      const taken = await store.commit("open-light-connection", taking);
      assert.ok(taken.type === "opened");
      assert.equal(taken.replaced, undefined);
      assert.equal(taken.device.generation, former.generation + 1);
      const closing = { key, ...former, events: [] };
      assert.deepEqual(await store.commit("close-connection", closing), { held: false });
      assert.equal(
        (await store.device(key))?.connection?.closed,
        undefined,
        "who held it before cannot close it",
      );
    },
  );

  on("a device that is unknown, waits or was rejected opens no light connection", async (store) => {
    await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    await enrolled(store, "2");
    await store.commit("set-approval", approving(keyOf("2"), "rejected"));
    const open = (serialNumber: string) =>
      store.commit("open-light-connection", lightOpening(keyOf(serialNumber), "l1"));
    assert.deepEqual(await open("1"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await open("2"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await open("3"), { type: "refused", reason: "unknown-device" });
    assert.equal((await store.device(keyOf("1")))?.connection, undefined);
  });

  on("a token that was made before the device lost its rights opens nothing", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("set-approval", approving(key, "rejected"));
    await store.commit("set-approval", approving(key, "approved", 30));
    const opening = lightOpening(key, "l1", { events: [anEvent(key, "connected")] });
    const refused = { type: "refused", reason: "revoked" };
    assert.deepEqual(await store.commit("open-light-connection", opening), refused);
    assert.deepEqual(await eventNames(store), ["approval rejected", "approval approved"]);
    const credentialVersion = await versionOf(store, key);
    const renewed = await store.commit("open-light-connection", { ...opening, credentialVersion });
    assert.equal(renewed.type, "opened");
  });

  on("a device that is rejected is called no more on its light connection", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await attached(store, key, "l1");
    await accepted(store, asking(key, "a"));
    await store.commit("set-approval", approving(key, "rejected"));
    const claim = claiming(key, "a", { pair, call: "1" });
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    assert.equal((await store.device(key))?.connection?.closed, true);
  });

  on(
    "the light connections of an earlier run are closed, sessions and their calls are left alone",
    async (store) => {
      const [one, two, three] = [
        await enrolled(store, "1"),
        await enrolled(store, "2"),
        await enrolled(store, "3"),
      ];
      await attached(store, one, "l1");
      const gone = await attached(store, two, "l2");
      await store.commit("close-connection", { key: two, ...gone, events: [] });
      await connected(store, three, "c1");
      assert.deepEqual(await store.commit("close-stale-connections", { at: at(60) }), { closed: 1 });
      assert.deepEqual(await store.commit("close-stale-connections", { at: at(60) }), { closed: 0 });
      assert.deepEqual((await store.device(one))?.connection, { ...light("l1"), closed: true });
      assert.deepEqual((await store.device(three))?.connection, connectionOf("c1"));
      const session = await store.commit("open-connection", opening(one, "c2"));
      assert.equal(session.type, "opened", "its sessions carry calls again");
    },
  );
}

function sessionsBeside(on: On): void {
  on(
    "a session that opens beside a light connection is noted once, and does not become the device's",
    async (store) => {
      const key = await enrolled(store, "1");
      const pair = await attached(store, key, "l1");
      const operation = await accepted(store, asking(key, "a"));
      const session = opening(key, "c1", {
        facts: { root: "Device.", softwareVersion: "2.0" },
        parameters: { "Device.DeviceInfo.": { UpTime: 5 } },
        booted: true,
        events: [anEvent(key, "boot")],
      });
      const noted = await store.commit("open-connection", session);
      const device = await store.device(key);
      assert.ok(device !== undefined);
      assert.deepEqual(noted, { type: "noted", device: openedPart(device), operations: [operation] });
      assert.deepEqual(device.connection, light("l1"));
      assert.equal(device.generation, pair.generation);
      assert.deepEqual(device.facts, { root: "Device.", softwareVersion: "2.0" });
      assert.equal(device.lastBootAt, at(10));
      const uptime = { value: 5, at: at(10) };
      assert.deepEqual((await store.parameters(key, ""))["Device.DeviceInfo."]?.["UpTime"], uptime);
      assert.deepEqual(await store.commit("open-connection", session), noted);
      assert.deepEqual(await eventNames(store), ["operation queued", "boot"]);
      const claim = claiming(key, "a", { pair, call: "1" });
      assert.deepEqual(await store.commit("claim-call", claim), { held: true }, "calls go on over it");
    },
  );

  on("once the light connection is closed, a session becomes the device's", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await attached(store, key, "l1");
    await store.commit("close-connection", { key, ...pair, events: [] });
    const session = await store.commit("open-connection", opening(key, "c1"));
    assert.ok(session.type === "opened");
    assert.deepEqual((await store.device(key))?.connection, connectionOf("c1"));
    assert.equal(session.device.generation, pair.generation + 1);
  });

  on("a noted Inform of a device that starts from nothing drops what was learned", async (store) => {
    const key = await enrolled(store, "1");
    const facts = { root: "Device.", softwareVersion: "1.0" };
    await store.commit("open-connection", opening(key, "c1", { facts }));
    await taught(store, key);
    await attached(store, key, "l1");
    await store.commit(
      "open-connection",
      opening(key, "c2", { facts: { root: "Device." }, bootstrapped: true }),
    );
    assert.deepEqual(await store.parameters(key, ""), {});
    assert.deepEqual((await store.device(key))?.facts, { root: "Device." });
    assert.equal((await store.devices({ limit: 1, words: ["1.0"] })).items.length, 0);
  });
}

function standing(on: On): void {
  const offering = (key: DeviceKey, connection: string) =>
    opening(key, connection, { lightSubprotocol: "cwmp.json" });

  on(
    "what an Inform says of the light transport is the device's standing, until one says nothing of it",
    async (store) => {
      const key = await enrolled(store, "1");
      await store.commit("open-connection", offering(key, "c1"));
      assert.deepEqual((await store.device(key))?.light, { subprotocol: "cwmp.json", lapsed: false });
      await store.commit("open-connection", opening(key, "c2"));
      assert.equal((await store.device(key))?.light, undefined);
    },
  );

  on("a noted session changes the standing as well", async (store) => {
    const key = await enrolled(store, "1");
    await attached(store, key, "l1");
    await store.commit("open-connection", opening(key, "c1", { lightSubprotocol: "cwmp.soap" }));
    assert.deepEqual((await store.device(key))?.light, { subprotocol: "cwmp.soap", lapsed: false });
  });

  on(
    "a device lapses once, and stays lapsed over its sessions, until a light connection opens",
    async (store) => {
      const key = await enrolled(store, "1");
      await store.commit("open-connection", offering(key, "c1"));
      const events = [anEvent(key, "light-lapsed")];
      const lapse = { device: key, generation: 1, events };
      assert.deepEqual(await store.commit("lapse-device", lapse), { held: true });
      assert.deepEqual(await store.commit("lapse-device", lapse), { held: true });
      assert.deepEqual(await eventNames(store), ["light-lapsed"]);
      await store.commit("open-connection", offering(key, "c2"));
      assert.deepEqual((await store.device(key))?.light, { subprotocol: "cwmp.json", lapsed: true });
      await attached(store, key, "l1");
      assert.deepEqual((await store.device(key))?.light, { subprotocol: "cwmp.json", lapsed: false });
    },
  );

  on("a device that knew nothing of the light transport for a while begins anew", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", offering(key, "c1"));
    await store.commit("lapse-device", { device: key, generation: 1, events: [] });
    await store.commit("open-connection", opening(key, "c2"));
    await store.commit("open-connection", offering(key, "c3"));
    assert.equal((await store.device(key))?.light?.lapsed, false);
  });

  on(
    "a device lapses neither with a light connection, nor without a standing, nor where it is unknown",
    async (store) => {
      const [one, two] = [await enrolled(store, "1"), await enrolled(store, "2")];
      await store.commit("open-connection", offering(one, "c1"));
      await attached(store, one, "l1");
      await connected(store, two, "c2");
      for (const device of [one, two, keyOf("3")]) {
        const generation = await generationOf(store, device);
        const lapse = { device, generation, events: [anEvent(device, "light-lapsed")] };
        assert.deepEqual(await store.commit("lapse-device", lapse), { held: false });
      }
      assert.equal((await store.device(one))?.light?.lapsed, false);
      assert.deepEqual(await eventNames(store), []);
    },
  );

  on("a device whose light connection was closed may lapse", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await attached(store, key, "l1");
    await store.commit("close-connection", { key, ...pair, events: [] });
    const lapse = { device: key, generation: pair.generation, events: [] };
    assert.deepEqual(await store.commit("lapse-device", lapse), { held: true });
  });
}

function informs(on: On): void {
  on("an Inform over the light connection is kept once", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await attached(store, key, "l1");
    const inform = informing(key, {
      ...pair,
      facts: { root: "Device.", softwareVersion: "3.0" },
      parameters: { "Device.DeviceInfo.": { UpTime: 9 } },
      booted: true,
    });
    assert.deepEqual(await store.commit("record-inform", inform), { held: true });
    assert.deepEqual(await store.commit("record-inform", inform), { held: true });
    const device = await store.device(key);
    assert.equal(device?.lastInformAt, at(40));
    assert.equal(device.lastBootAt, at(40));
    assert.equal(device.facts.softwareVersion, "3.0");
    assert.equal(device.generation, pair.generation);
    const uptime = { value: 9, at: at(40) };
    assert.deepEqual((await store.parameters(key, ""))["Device.DeviceInfo."]?.["UpTime"], uptime);
    assert.equal((await store.devices({ limit: 1, words: ["3.0"] })).items.length, 1);
    assert.deepEqual(await eventNames(store), ["boot"]);
  });

  on("an Inform from who lost the connection is refused, unless it was kept before", async (store) => {
    const key = await enrolled(store, "1");
    const former = await attached(store, key, "l1");
    const kept = informing(key, former);
    await store.commit("record-inform", kept);
    await attached(store, key, "l2");
    assert.deepEqual(await store.commit("record-inform", kept), { held: true });
    const late = informing(key, { ...former, reportKey: "i2", facts: { softwareVersion: "late" } });
    assert.deepEqual(await store.commit("record-inform", late), { held: false });
    assert.equal((await store.device(key))?.facts.softwareVersion, undefined);
    assert.deepEqual(await eventNames(store), ["boot"]);
    const stranger = informing(keyOf("2"), former);
    assert.deepEqual(await store.commit("record-inform", stranger), { held: false });
  });

  on("an Inform of a device that starts from nothing drops what was learned", async (store) => {
    const key = await enrolled(store, "1");
    await connected(store, key, "c1");
    await taught(store, key);
    const pair = await attached(store, key, "l1");
    const facts = { root: "Device.", softwareVersion: "1.0" };
    await store.commit("record-inform", informing(key, { ...pair, facts }));
    const anew = informing(key, { ...pair, reportKey: "i2", at: at(50), bootstrapped: true });
    await store.commit("record-inform", anew);
    assert.deepEqual(await store.parameters(key, ""), {});
    const device = await store.device(key);
    assert.deepEqual(device?.facts, {});
    assert.equal(device.lastBootstrapAt, at(50));
  });
}

function informing(
  key: DeviceKey,
  changes: Pick<RecordInform, "connection" | "generation"> & Partial<RecordInform>,
): RecordInform {
  return {
    key,
    reportKey: "i1",
    at: at(40),
    facts: {},
    parameters: {},
    booted: false,
    bootstrapped: false,
    events: [anEvent(key, "boot")],
    ...changes,
  };
}

/** Has an answer of the device teach something about it. */
async function taught(store: Store, key: DeviceKey): Promise<void> {
  const device = await store.device(key);
  assert.ok(device?.connection !== undefined);
  const pair = { connection: device.connection.id, generation: device.generation };
  await accepted(store, asking(key, "e", { events: [] }));
  await store.commit("claim-call", { ...claiming(key, "e", { pair, call: "e" }), events: [] });
  const lesson = { at: at(35), values: { "Device.WiFi.": { Channel: 11 } } };
  const end = { state: "done", at: at(35) } as const;
  const { held } = await store.commit(
    "record-outcome",
    outcome(key, "e", { ...pair, call: "e", lesson, end }),
  );
  assert.ok(held);
  assert.notDeepEqual(await store.parameters(key, ""), {});
}

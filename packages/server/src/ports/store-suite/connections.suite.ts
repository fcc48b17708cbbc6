import assert from "node:assert/strict";
import {
  accepted,
  asking,
  anEvent,
  approving,
  at,
  claiming,
  connected,
  connectionOf,
  enrolled,
  enrolment,
  eventNames,
  idOf,
  keyOf,
  openedPart,
  opening,
  versionOf,
  type On,
} from "./store.fixture.ts";

const wake = {
  attempts: 2,
  last: { at: at(5), result: "unreachable", detail: "nobody answered" },
  nextAt: at(35),
} as const;

/** Who may call a device, and what its Informs leave behind. */
export function connectionsSuite(on: On): void {
  on(
    "opening a connection keeps what the Inform said, and gives the device with its open operations",
    async (store) => {
      const key = await enrolled(store, "1");
      const first = await accepted(store, asking(key, "a"));
      const second = await accepted(store, asking(key, "b"));
      const facts = {
        root: "Device.",
        softwareVersion: "1.0",
        hardwareVersion: "A",
        connectionRequestUrl: "http://x",
      };
      const opened = await store.commit(
        "open-connection",
        opening(key, "c1", { facts, address: "192.0.2.7" }),
      );
      const device = await store.device(key);
      assert.ok(opened.type === "opened" && device !== undefined);
      assert.deepEqual(opened, {
        type: "opened",
        device: openedPart(device),
        operations: [first, second],
      });
      assert.equal(device.address, "192.0.2.7");
      assert.equal(device.lastInformAt, at(10));
      assert.equal(device.generation, 1);
      assert.deepEqual(device.facts, facts);
      assert.deepEqual(device.connection, connectionOf("c1"));
      assert.deepEqual(device.style, { namespace: "urn:dslforum-org:cwmp-1-2", declaration: true });
    },
  );

  on("facts that an Inform leaves out stay known", async (store) => {
    const key = await enrolled(store, "1");
    const facts = { root: "Device.", softwareVersion: "1.0" };
    await store.commit("open-connection", opening(key, "c1", { facts }));
    await store.commit("open-connection", opening(key, "c2", { facts: { softwareVersion: "2.0" } }));
    assert.deepEqual((await store.device(key))?.facts, { root: "Device.", softwareVersion: "2.0" });
  });

  on("boots and bootstraps are dated by the Inform that tells of them", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit(
      "open-connection",
      opening(key, "c1", { at: at(1), booted: true, bootstrapped: true }),
    );
    await store.commit("open-connection", opening(key, "c2", { at: at(2), booted: true }));
    await store.commit("open-connection", opening(key, "c3", { at: at(3) }));
    const device = await store.device(key);
    assert.equal(device?.lastBootstrapAt, at(1));
    assert.equal(device.lastBootAt, at(2));
    assert.equal(device.lastInformAt, at(3));
  });

  on("a device that is unknown, waits or was rejected opens nothing", async (store) => {
    await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    await enrolled(store, "2");
    await store.commit("set-approval", approving(keyOf("2"), "rejected"));
    const open = async (serialNumber: string) =>
      store.commit(
        "open-connection",
        opening(keyOf(serialNumber), "c1", { events: [anEvent(keyOf("1"), "boot")] }),
      );
    assert.deepEqual(await open("1"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await open("2"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await open("3"), { type: "refused", reason: "unknown-device" });
    assert.deepEqual(await eventNames(store), ["approval rejected"]);
    assert.equal((await store.device(keyOf("1")))?.lastInformAt, undefined);
  });

  on("the same opening, come again, changes nothing", async (store) => {
    const key = await enrolled(store, "1");
    const change = opening(key, "c1", { events: [anEvent(key, "boot")] });
    const first = await store.commit("open-connection", change);
    assert.deepEqual(await store.commit("open-connection", change), first);
    assert.deepEqual(await eventNames(store), ["boot"]);
  });

  on(
    "an engine that takes a connection over raises the generation, and the one before it is refused",
    async (store) => {
      const key = await enrolled(store, "1");
      const former = await connected(store, key, "c1");
      await accepted(store, asking(key, "a"));
      await store.commit("open-connection", opening(key, "c1", { connection: connectionOf("c1", "e2") }));
      const device = await store.device(key);
      assert.equal(device?.generation, former.generation + 1);
      const taken = { connection: former.connection, generation: device.generation };
      assert.equal(
        (await store.commit("claim-call", claiming(key, "a", { pair: former, call: "1" }))).held,
        false,
      );
      assert.equal(
        (await store.commit("claim-call", claiming(key, "a", { pair: taken, call: "2" }))).held,
        true,
      );
    },
  );

  on("of two connections opened at once, the one opened last is the device's", async (store) => {
    const key = await enrolled(store, "1");
    await Promise.all([connected(store, key, "c1"), connected(store, key, "c2")]);
    const device = await store.device(key);
    assert.equal(device?.connection?.id, "c2");
    assert.equal(device.generation, 2);
  });

  on("a connection is closed by who holds it, and carries no calls from then on", async (store) => {
    const key = await enrolled(store, "1");
    const former = await connected(store, key, "c1");
    const pair = await connected(store, key, "c2");
    await accepted(store, asking(key, "a"));
    const events = [anEvent(key, "disconnected")];
    assert.deepEqual(await store.commit("close-connection", { key, ...former, events }), { held: false });
    assert.deepEqual(await store.commit("close-connection", { key, ...pair, events }), { held: true });
    assert.deepEqual(await store.commit("close-connection", { key, ...pair, events }), { held: true });
    assert.deepEqual(await eventNames(store), ["operation queued", "disconnected"]);
    assert.deepEqual((await store.device(key))?.connection, { ...connectionOf("c2"), closed: true });
    assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "1" })), {
      held: false,
    });
    assert.equal((await store.operation(idOf("a")))?.state, "queued");
  });

  on("a new connection is open, however the last one ended", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("close-connection", { key, ...(await connected(store, key, "c1")), events: [] });
    await connected(store, key, "c2");
    assert.deepEqual((await store.device(key))?.connection, connectionOf("c2"));
  });

  on(
    "a report is stored once, of who has its rights still, whatever connection it came over",
    async (store) => {
      const key = await enrolled(store, "1");
      const former = await versionOf(store, key);
      await store.commit("enrol-device", enrolment("1", { at: at(60) }));
      const events = [anEvent(key, "transfer-complete"), anEvent(key, "more")];
      const report = { device: key, reportKey: "r1", events, credentialVersion: await versionOf(store, key) };
      const stale = { ...report, credentialVersion: former };
      assert.deepEqual(await store.commit("record-report", stale), { held: false });
      assert.deepEqual(await store.commit("record-report", report), { held: true });
      const { credentialVersion } = report;
      await store.commit("open-connection", opening(key, "c1", { credentialVersion }));
      assert.deepEqual(await store.commit("record-report", report), { held: true });
      assert.deepEqual(await store.commit("record-report", stale), { held: true });
      assert.deepEqual(await eventNames(store), ["transfer-complete", "more"]);
    },
  );

  on("nobody reports for a device that is not there", async (store) => {
    const key = keyOf("1");
    const report = { device: key, reportKey: "r1", credentialVersion: 0, events: [anEvent(key, "told")] };
    assert.deepEqual(await store.commit("record-report", report), { held: false });
    assert.deepEqual(await eventNames(store), []);
  });

  on("reports of other keys, and of other devices, are reports of their own", async (store) => {
    for (const serialNumber of ["1", "2"]) {
      const key = await enrolled(store, serialNumber);
      const credentialVersion = await versionOf(store, key);
      for (const reportKey of ["r1", "r2"]) {
        const events = [anEvent(key, "told")];
        await store.commit("record-report", { device: key, reportKey, credentialVersion, events });
      }
    }
    assert.equal((await eventNames(store)).length, 4);
  });

  on("what became of connection requests is kept until the device opens a session", async (store) => {
    const key = await enrolled(store, "1");
    const events = [anEvent(key, "connection-request")];
    const change = { device: key, generation: 0, wake, events };
    assert.deepEqual(await store.commit("record-wake", change), { held: true });
    assert.deepEqual(await store.commit("record-wake", change), { held: true });
    assert.deepEqual((await store.device(key))?.wake, wake);
    assert.deepEqual(await eventNames(store), ["connection-request"]);
    await connected(store, key, "c1");
    assert.deepEqual((await store.device(key))?.wake, { attempts: 0, last: wake.last });
  });

  on("nobody wakes a device that is not there", async (store) => {
    const events = [anEvent(keyOf("1"), "connection-request")];
    const change = { device: keyOf("1"), generation: 0, wake, events };
    assert.deepEqual(await store.commit("record-wake", change), { held: false });
    assert.deepEqual(await eventNames(store), []);
  });
}

import assert from "node:assert/strict";
import {
  ADDRESS,
  accepted,
  anAudit,
  anEvent,
  approving,
  asking,
  at,
  claiming,
  connected,
  end,
  enrolled,
  enrolment,
  eventNames,
  idOf,
  keyOf,
  opening,
  type On,
} from "./store.fixture.ts";

/** Who is in the registry, and who may come in. */
export function devicesSuite(on: On): void {
  on("a device that enrolled is known by its key, with what it said of itself", async (store) => {
    const result = await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    const device = await store.device(keyOf("1"));
    assert.deepEqual(result, { type: "enrolled", device });
    assert.deepEqual(device, {
      key: keyOf("1"),
      deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" },
      approval: "waiting",
      enrolledAt: at(0),
      enrolledBy: "open-enrolment",
      address: ADDRESS,
      facts: {},
      generation: 0,
      wake: { attempts: 0 },
      credentials: "none",
      credentialVersion: at(0),
      tags: [],
    });
  });

  on("a device that nobody enrolled is not known", async (store) => {
    assert.equal(await store.device(keyOf("1")), undefined);
    assert.equal(await store.credentials(keyOf("1")), undefined);
    assert.deepEqual(await store.parameters(keyOf("1"), ""), {});
    assert.deepEqual(await store.openOperations(keyOf("1")), []);
  });

  on("enrolling at the same moment again changes nothing", async (store) => {
    const first = await store.commit("enrol-device", enrolment("1"));
    assert.deepEqual(await store.commit("enrol-device", enrolment("1")), first);
  });

  on("a known device that enrols starts anew, and keeps what was learned", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit(
      "open-connection",
      opening(key, "c1", { parameters: { "Device.DeviceInfo.": { UpTime: 5 } } }),
    );
    await store.commit("stage-credentials", { device: key, sealed: "sealed" });
    await store.commit(
      "enrol-device",
      enrolment("1", { at: at(60), approval: "waiting", by: "first-contact", address: "192.0.2.9" }),
    );
    const device = await store.device(key);
    assert.equal(device?.approval, "waiting");
    assert.equal(device.enrolledBy, "first-contact");
    assert.equal(device.enrolledAt, at(60));
    assert.equal(device.address, "192.0.2.9");
    assert.equal(device.credentials, "none");
    assert.equal(device.generation, 2);
    assert.equal(await store.credentials(key), undefined);
    assert.deepEqual(await store.parameters(key, "Device."), {
      "Device.DeviceInfo.": { UpTime: { value: 5, at: at(10) } },
    });
  });

  on("who held a device's connection before it enrolled anew is refused", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await connected(store, key, "c1");
    await accepted(store, asking(key, "a"));
    await store.commit("enrol-device", enrolment("1", { at: at(60) }));
    assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "1" })), {
      held: false,
    });
  });

  on("only so many devices wait in all, and from one address; approved ones do not count", async (store) => {
    const waiting = { approval: "waiting", maxWaiting: 3, maxWaitingPerAddress: 2 } as const;
    const enrol = async (serialNumber: string, address: string) =>
      store.commit("enrol-device", enrolment(serialNumber, { ...waiting, address }));
    await enrolled(store, "0");
    assert.equal((await enrol("1", "192.0.2.1")).type, "enrolled");
    assert.equal((await enrol("2", "192.0.2.1")).type, "enrolled");
    assert.deepEqual(await enrol("3", "192.0.2.1"), { type: "refused", reason: "too-many-from-address" });
    assert.equal((await enrol("4", "192.0.2.2")).type, "enrolled");
    assert.deepEqual(await enrol("5", "192.0.2.3"), { type: "refused", reason: "too-many-waiting" });
    assert.equal(await store.device(keyOf("5")), undefined);
    await store.commit("set-approval", approving(keyOf("1"), "approved"));
    assert.equal((await enrol("5", "192.0.2.3")).type, "enrolled");
  });

  on("a device that waits already may enrol again where no further one may", async (store) => {
    const waiting = { approval: "waiting", maxWaiting: 1, maxWaitingPerAddress: 1 } as const;
    await store.commit("enrol-device", enrolment("1", waiting));
    const again = await store.commit("enrol-device", enrolment("1", { ...waiting, at: at(60) }));
    assert.equal(again.type, "enrolled");
  });

  on("an approval is kept with its audit entry and its event, once", async (store) => {
    await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    const change = approving(keyOf("1"), "approved");
    assert.deepEqual(await store.commit("set-approval", change), { held: true });
    assert.deepEqual(await store.commit("set-approval", change), { held: true });
    assert.equal((await store.device(keyOf("1")))?.approval, "approved");
    assert.deepEqual(await eventNames(store), ["approval approved"]);
    assert.equal((await store.audit({ limit: 10 })).length, 1);
  });

  on("nobody approves a device that is not there", async (store) => {
    assert.deepEqual(await store.commit("set-approval", approving(keyOf("1"), "approved")), { held: false });
    assert.deepEqual(await eventNames(store), []);
    assert.deepEqual(await store.audit({ limit: 10 }), []);
  });

  on("a device that is rejected is called no more on the connection it has", async (store) => {
    const key = await enrolled(store, "1");
    const pair = await connected(store, key, "c1");
    await accepted(store, asking(key, "a"));
    await store.commit("set-approval", approving(key, "rejected"));
    const claim = claiming(key, "a", { pair, call: "1" });
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
    await store.commit("set-approval", approving(key, "approved", 30));
    assert.deepEqual(await store.commit("claim-call", claim), { held: false });
  });

  on("a device that is removed leaves nothing but its past", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", opening(key, "c1", { parameters: { "Device.": { A: 1 } } }));
    await store.commit("stage-credentials", { device: key, sealed: "sealed" });
    await accepted(store, asking(key, "a"));
    await end(store, [key, "a"]);
    await accepted(store, asking(key, "b"));
    const events = [anEvent(key, "removed")];
    const audit = anAudit("remove-device", { device: key });
    assert.deepEqual(await store.commit("remove-device", { device: key, audit, events }), { held: true });
    assert.equal(await store.device(key), undefined);
    assert.equal(await store.credentials(key), undefined);
    assert.deepEqual(await store.parameters(key, ""), {});
    assert.equal(await store.operation(idOf("b")), undefined);
    assert.equal((await store.operation(idOf("a")))?.state, "cancelled");
    const all = ["operation queued", "operation cancelled", "operation queued", "removed"];
    assert.deepEqual(await eventNames(store), all);
  });

  on("removing a device twice is the same removal; one that never was is none", async (store) => {
    const key = await enrolled(store, "1");
    const removal = {
      device: key,
      audit: anAudit("remove-device", { device: key }),
      events: [anEvent(key, "removed")],
    };
    await store.commit("remove-device", removal);
    assert.deepEqual(await store.commit("remove-device", removal), { held: true });
    assert.deepEqual(await eventNames(store), ["removed"]);
    const stranger = {
      ...removal,
      device: keyOf("2"),
      audit: anAudit("remove-device", { device: keyOf("2") }),
    };
    assert.deepEqual(await store.commit("remove-device", stranger), { held: false });
    assert.equal((await store.audit({ limit: 10 })).length, 1);
  });

  on("a device that was removed may come back, and starts from nothing", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { rpcs: [{ method: "Reboot", params: { CommandKey: "k" } }] }));
    await store.commit("remove-device", { device: key, audit: anAudit("remove-device"), events: [] });
    await store.commit("enrol-device", enrolment("1", { at: at(60) }));
    assert.deepEqual(await store.openOperations(key), []);
    const asked = asking(key, "b", { rpcs: [{ method: "Reboot", params: { CommandKey: "k" } }] });
    assert.equal((await store.commit("accept-operation", asked)).type, "accepted");
  });

  on("devices are listed in the order of their keys, page by page", async (store) => {
    for (const serialNumber of ["3", "1", "2"]) await enrolled(store, serialNumber);
    const first = await store.devices({ limit: 2 });
    assert.deepEqual(
      first.items.map(({ key }) => key),
      [keyOf("1"), keyOf("2")],
    );
    assert.ok(first.next !== undefined);
    const second = await store.devices({ limit: 2, after: first.next });
    assert.deepEqual(
      second.items.map(({ key }) => key),
      [keyOf("3")],
    );
    assert.equal(second.next, undefined);
    assert.equal((await store.devices({ limit: 3 })).next, undefined);
  });

  on("devices are found by approval", async (store) => {
    await enrolled(store, "1");
    await store.commit("enrol-device", enrolment("2", { approval: "waiting" }));
    const found = await store.devices({ limit: 10, approval: "waiting" });
    assert.deepEqual(
      found.items.map(({ key }) => key),
      [keyOf("2")],
    );
  });

  on("devices are found by words that each occur somewhere, in any case", async (store) => {
    await store.commit("open-connection", opening(await enrolled(store, "1"), "c1", facts("7.4_B")));
    await store.commit("open-connection", opening(await enrolled(store, "2"), "c2", facts("7X4%B")));
    const find = async (...words: string[]) => {
      const { items } = await store.devices({ limit: 10, words });
      return items.map(({ deviceId }) => deviceId.SerialNumber);
    };
    assert.deepEqual(await find("ACME"), ["1", "2"]);
    assert.deepEqual(await find("acme", "7.4"), ["1"]);
    assert.deepEqual(await find("box-2"), ["2"]);
    assert.deepEqual(await find("_b"), ["1"], "an underscore stands for itself");
    assert.deepEqual(await find("4%b"), ["2"], "a percent sign stands for itself");
    assert.deepEqual(await find("\\"), [], "a backslash stands for itself");
    assert.deepEqual(await find(ADDRESS), ["1", "2"]);
    assert.deepEqual(await find("acme", "none"), []);
  });

  on("a device is found by the software it runs now", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", opening(key, "c1", facts("1.0-old")));
    await store.commit("open-connection", opening(key, "c2", facts("2.0-new")));
    assert.equal((await store.devices({ limit: 10, words: ["old"] })).items.length, 0);
    assert.equal((await store.devices({ limit: 10, words: ["new"] })).items.length, 1);
  });
}

function facts(softwareVersion: string) {
  return { facts: { softwareVersion } };
}

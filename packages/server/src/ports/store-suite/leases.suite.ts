import assert from "node:assert/strict";
import { grantId, grantName } from "../grants.ts";
import type { EndLease, Lease } from "../leases.ts";
import { noRights } from "../rights.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  anAudit,
  asking,
  at,
  enrolled,
  eventNames,
  getValues,
  keyOf,
  reboot,
  type On,
} from "./store.fixture.ts";

/** Who holds which device. */
export function leasesSuite(on: On): void {
  on("a device is held by one at a time, until they release it", async (store) => {
    await enrolled(store, "1");
    const lease = aLease("desk");
    assert.deepEqual(await store.commit("take-lease", taking(lease)), { type: "taken", lease });
    assert.deepEqual(await store.commit("take-lease", taking(lease)), { type: "taken", lease });
    const others = taking({ ...aLease("night shift"), takenAt: at(1) });
    assert.deepEqual(await store.commit("take-lease", others), { type: "held", lease });
    assert.deepEqual(await store.lease(keyOf("1")), lease);
    const foreign = ending("night shift", at(2));
    assert.deepEqual(await store.commit("end-lease", foreign), { held: false });
    const own = ending("desk", at(3));
    assert.deepEqual(await store.commit("end-lease", own), { held: true });
    assert.deepEqual(await store.commit("end-lease", own), { held: true });
    assert.equal(await store.lease(keyOf("1")), undefined);
    assert.deepEqual(await toldOf(store), ["lease-taken", "lease-released"]);
  });

  on("a lease is let end at another time by its holder, and broken by who may", async (store) => {
    await enrolled(store, "1");
    await store.commit("take-lease", taking(aLease("desk")));
    const longer = { ...aLease("desk"), takenAt: at(10), endsAt: at(90) };
    const renewed = { ...longer, takenAt: at(0) };
    assert.deepEqual(await store.commit("take-lease", taking(longer)), { type: "taken", lease: renewed });
    const broken = { ...ending("chief", at(20)), isBroken: true };
    assert.deepEqual(await store.commit("end-lease", broken), { held: true });
    assert.deepEqual(await toldOf(store), ["lease-taken", "lease-renewed", "lease-broken"]);
  });

  on("a lease that is over keeps nobody from the device, and is told of once", async (store) => {
    await enrolled(store, "1");
    await store.commit("take-lease", taking(aLease("desk")));
    assert.deepEqual(await store.overdueLeases({ now: at(59), limit: 10 }), []);
    assert.deepEqual(await store.overdueLeases({ now: at(60), limit: 10 }), [aLease("desk")]);
    const device = keyOf("1");
    assert.deepEqual(await store.commit("expire-lease", { device, now: at(59) }), { held: false });
    const next = { ...aLease("night shift"), takenAt: at(60), endsAt: at(120) };
    assert.deepEqual(await store.commit("take-lease", taking(next)), { type: "taken", lease: next });
    assert.deepEqual(await store.commit("expire-lease", { device, now: at(60) }), { held: false });
    assert.deepEqual(await store.commit("expire-lease", { device, now: at(120) }), { held: true });
    assert.deepEqual(await toldOf(store), ["lease-taken", "lease-taken", "lease-expired"]);
  });

  on("while a device is held, others read of it and do not write, one by one or together", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("take-lease", taking(aLease("desk")));
    const detail = "desk holds the device until 2027-01-15T08:01:00.000Z: only they write to it";
    const refused = { type: "refused", reason: "leased", detail } as const;
    const write = asking(key, "a", { rpcs: [getValues, reboot("k")] });
    assert.deepEqual(await store.commit("accept-operation", write), refused);
    const together = await store.commit("accept-operations", { operations: [write] });
    assert.deepEqual(together, { ...refused, device: key });
    await accepted(store, asking(key, "b", { rpcs: [getValues, getValues] }));
    await accepted(store, asking(key, "c", { rpcs: [reboot("l")], manager: "desk" }));
    const byItself = asking(key, "d", { rpcs: [reboot("m")] });
    const automatic = { ...byItself, operation: { ...byItself.operation, automatic: "policy" } };
    const left = { type: "refused", reason: "left-alone" } as const;
    assert.deepEqual(await store.commit("accept-operation", automatic), left);
    const late = { ...write, operation: { ...write.operation, createdAt: at(60) } };
    assert.equal((await store.commit("accept-operation", late)).type, "accepted");
  });

  on("a grant that is revoked holds no device any more", async (store) => {
    await enrolled(store, "1");
    const id = grantId("0f1e2d3c4b5a6978");
    assert.ok(id !== undefined);
    const times = { createdAt: at(0), expiresAt: at(100) };
    const grant = { id, holder: "desk", reason: "test", rights: noRights, givenBy: "admin", ...times };
    await store.commit("add-grant", { grant, audit: anAudit("create-grant") });
    await store.commit("take-lease", taking(aLease(grantName(id))));
    await store.commit("revoke-grant", { id, at: at(5), audit: anAudit("revoke-grant", { at: at(5) }) });
    assert.equal(await store.lease(keyOf("1")), undefined);
  });

  on("nobody holds a device that there is not, and a lease goes with its device", async (store) => {
    const lease = aLease("desk");
    assert.deepEqual(await store.commit("take-lease", taking(lease)), { type: "unknown-device" });
    assert.deepEqual(await store.commit("end-lease", ending("desk", at(1))), { held: false });
  });
}

function ending(by: string, time: number): EndLease {
  const device = keyOf("1");
  const audit = anAudit("release-lease", { at: time, manager: by, device });
  return { device, by, isBroken: false, at: time, audit };
}

/** What was told of leases, by name. */
async function toldOf(store: Store): Promise<readonly (string | undefined)[]> {
  return (await eventNames(store)).map((line) => line.split(" ")[0]);
}

function aLease(holder: string): Lease {
  return { device: keyOf("1"), holder, reason: "ticket 4711", takenAt: at(0), endsAt: at(60) };
}

function taking(lease: Lease) {
  return {
    lease,
    audit: anAudit("take-lease", { at: lease.takenAt, manager: lease.holder, device: lease.device }),
  };
}

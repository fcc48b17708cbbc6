import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { ClaimDevice, DecideClaim } from "../enrolment.ts";
import type { Store } from "../store.ts";
import {
  ADDRESS,
  accepted,
  anAudit,
  anEvent,
  approving,
  asking,
  at,
  attached,
  claiming,
  connected,
  enrolled,
  enrolment,
  eventNames,
  keyOf,
  lightOpening,
  opening,
  type On,
  versionOf,
} from "./store.fixture.ts";

const ELSEWHERE = "198.51.100.1";

/** Who says to be a device that has credentials of its own. */
export function claimsSuite(on: On): void {
  on("a claim is kept with its device, which stays as it was", async (store) => {
    const key = await standing(store, "1");
    const before = await store.device(key);
    assert.deepEqual(await store.commit("claim-device", claim(key)), { type: "claimed" });
    const made = { at: at(100), lastAt: at(100), address: ELSEWHERE, count: 1 };
    assert.deepEqual(await store.device(key), { ...before, claim: made });
    assert.deepEqual(await store.credentials(key), { confirmed: "kept" });
  });

  on(
    "a claim that comes again counts, with when and where it came last, and tells of itself once",
    async (store) => {
      const key = await standing(store, "1");
      for (const change of [{}, {}, { at: at(110) }, { at: at(120), address: ADDRESS }]) {
        assert.deepEqual(await store.commit("claim-device", claim(key, change)), { type: "claimed" });
      }
      assert.deepEqual((await store.device(key))?.claim, {
        at: at(100),
        lastAt: at(120),
        address: ADDRESS,
        count: 3,
      });
      assert.deepEqual(await eventNames(store), ["claimed"]);
    },
  );

  on(
    "a device without credentials of its own is not claimed, nor is one that is not there",
    async (store) => {
      const key = await enrolled(store, "1");
      await store.commit("stage-credentials", { device: key, sealed: "s1" });
      const unclaimable = { type: "refused", reason: "unclaimable" };
      assert.deepEqual(await store.commit("claim-device", claim(key)), unclaimable);
      assert.deepEqual(await store.commit("claim-device", claim(keyOf("2"))), unclaimable);
      assert.equal((await store.device(key))?.claim, undefined);
      assert.deepEqual(await eventNames(store), []);
    },
  );

  on(
    "only so many devices are claimed in all, and from one address; who is claimed already may be again",
    async (store) => {
      const claims = async (serialNumber: string, address: string) =>
        store.commit(
          "claim-device",
          claim(keyOf(serialNumber), { address, maxClaims: 3, maxClaimsPerAddress: 2 }),
        );
      for (const serialNumber of ["1", "2", "3", "4", "5"]) await standing(store, serialNumber);
      assert.deepEqual(await claims("1", ADDRESS), { type: "claimed" });
      assert.deepEqual(await claims("2", ADDRESS), { type: "claimed" });
      assert.deepEqual(await claims("3", ADDRESS), { type: "refused", reason: "too-many-from-address" });
      assert.deepEqual(await claims("4", ELSEWHERE), { type: "claimed" });
      assert.deepEqual(await claims("5", ELSEWHERE), { type: "refused", reason: "too-many-claims" });
      assert.equal((await store.device(keyOf("5")))?.claim, undefined);
      assert.deepEqual(await claims("1", ADDRESS), { type: "claimed" });
      await store.commit("approve-claim", deciding(keyOf("1")));
      assert.deepEqual(await claims("5", ADDRESS), { type: "claimed" }, "what is decided on does not count");
    },
  );

  on("a claim is dropped once, and one that was made after it stays", async (store) => {
    const key = await standing(store, "1");
    await store.commit("claim-device", claim(key));
    const drop = { device: key, claimedAt: at(100), events: [anEvent(key, "claim-dropped")] };
    assert.deepEqual(await store.commit("drop-claim", drop), { held: true });
    assert.deepEqual(await store.commit("drop-claim", drop), { held: true });
    assert.equal((await store.device(key))?.claim, undefined);
    await store.commit("claim-device", claim(key, { at: at(200) }));
    assert.deepEqual(await store.commit("drop-claim", drop), { held: false });
    assert.equal((await store.device(key))?.claim?.at, at(200));
    assert.deepEqual(await eventNames(store), ["claimed", "claim-dropped", "claimed"]);
  });

  on("a claim that is rejected is gone, and its device as it was", async (store) => {
    const key = await standing(store, "1");
    const before = await store.device(key);
    await store.commit("claim-device", claim(key));
    const decision = deciding(key);
    assert.deepEqual(await store.commit("reject-claim", decision), { held: true });
    assert.deepEqual(await store.commit("reject-claim", decision), { held: true });
    assert.deepEqual(await store.device(key), before);
    assert.deepEqual(await eventNames(store), ["claimed", "decided"]);
    assert.equal((await store.audit({ limit: 10 })).length, 1);
  });

  on("nobody decides on a claim that was dropped, or on the one before", async (store) => {
    const key = await standing(store, "1");
    assert.deepEqual(await store.commit("approve-claim", deciding(key)), { held: false });
    await store.commit("claim-device", claim(key, { at: at(200) }));
    assert.deepEqual(await store.commit("approve-claim", deciding(key)), { held: false });
    assert.deepEqual(await store.commit("reject-claim", deciding(key)), { held: false });
    assert.deepEqual(await store.credentials(key), { confirmed: "kept" });
    assert.deepEqual(await eventNames(store), ["claimed"]);
    assert.deepEqual(await store.audit({ limit: 10 }), []);
  });

  on("where a claim is approved, what the device held is dead, once", async (store) => {
    const key = await standing(store, "1");
    const before = await store.device(key);
    await store.commit("claim-device", claim(key));
    assert.deepEqual(await store.commit("approve-claim", deciding(key)), { held: true });
    assert.deepEqual(await store.commit("approve-claim", deciding(key)), { held: true });
    const device = await store.device(key);
    assert.equal(device?.approval, "approved");
    assert.equal(device.credentials, "none");
    assert.equal(device.claim?.approvedAt, at(300));
    assert.equal(device.generation, (before?.generation ?? 0) + 1);
    assert.ok(device.credentialVersion > (before?.credentialVersion ?? 0));
    assert.equal(await store.credentials(key), undefined);
    assert.deepEqual(await eventNames(store), ["claimed", "decided"]);
    assert.equal((await store.audit({ limit: 10 })).length, 1);
    const drop = { device: key, claimedAt: at(100), events: [] };
    assert.deepEqual(await store.commit("drop-claim", drop), { held: false });
    assert.deepEqual(await store.commit("reject-claim", { ...deciding(key), at: at(301) }), { held: false });
  });

  on(
    "whoever was connected as the device when the claim was approved calls and learns nothing more",
    async (store) => {
      const key = await standing(store, "1");
      const pair = await connected(store, key, "c1");
      await accepted(store, asking(key, "a"));
      await approved(store, key);
      assert.deepEqual(await store.commit("claim-call", claiming(key, "a", { pair, call: "1" })), {
        held: false,
      });
      assert.deepEqual(await store.commit("stage-credentials", { device: key, sealed: "new" }), {
        held: false,
      });
      assert.equal(await store.credentials(key), undefined);
      assert.equal((await store.device(key))?.connection?.closed, true);
    },
  );

  on("whoever authenticated before the claim was approved opens nothing, again or anew", async (store) => {
    const key = await standing(store, "1");
    await connected(store, key, "c1");
    await approved(store, key);
    const refused = { type: "refused", reason: "not-approved" };
    assert.deepEqual(await store.commit("open-connection", opening(key, "c1")), refused);
    assert.deepEqual(await store.commit("open-connection", opening(key, "c2", { at: at(400) })), refused);
    assert.equal((await store.device(key))?.lastInformAt, at(10));
  });

  on("a light connection and its token end with the approval of a claim", async (store) => {
    const key = await standing(store, "1");
    await attached(store, key, "c1");
    await approved(store, key);
    const again = await store.commit("open-light-connection", lightOpening(key, "c2"));
    assert.deepEqual(again, { type: "refused", reason: "revoked" });
  });

  on("the device whose claim was approved enrols by first contact, and is managed", async (store) => {
    const key = await standing(store, "1");
    await approved(store, key);
    const renewed = await store.commit("enrol-device", enrolment("1", byFirstContact));
    assert.equal(renewed.type, "enrolled");
    assert.equal((await store.device(key))?.claim, undefined);
    const former = await store.commit("open-connection", opening(key, "c8"));
    assert.deepEqual(former, { type: "refused", reason: "revoked" });
    const credentialVersion = await versionOf(store, key);
    const own = await store.commit("open-connection", opening(key, "c9", { credentialVersion }));
    assert.equal(own.type, "opened");
    assert.deepEqual(await store.commit("stage-credentials", { device: key, sealed: "new" }), { held: true });
  });

  on("nobody enrols by a claim that was not approved, or is no more", async (store) => {
    const key = await standing(store, "1");
    const changed = { type: "refused", reason: "changed" };
    assert.deepEqual(await store.commit("enrol-device", enrolment("1", byFirstContact)), changed);
    await approved(store, key);
    await store.commit("set-approval", approving(key, "rejected"));
    assert.deepEqual(await store.commit("enrol-device", enrolment("1", byFirstContact)), changed);
    assert.equal((await store.device(key))?.approval, "rejected");
  });

  on("first contact takes no credentials away, open enrolment does and ends the claim", async (store) => {
    const key = await standing(store, "1");
    await store.commit("claim-device", claim(key));
    const { claimApprovedAt: _, ...waiting } = { ...byFirstContact, approval: "waiting" } as const;
    const enrol = (changes: Parameters<typeof enrolment>[1]) =>
      store.commit("enrol-device", enrolment("1", changes));
    assert.deepEqual(await enrol(waiting), { type: "refused", reason: "changed" });
    assert.deepEqual(await store.credentials(key), { confirmed: "kept" });
    assert.equal((await enrol({ at: at(400) })).type, "enrolled");
    assert.equal((await store.device(key))?.claim, undefined);
    assert.equal(await store.credentials(key), undefined);
  });

  on("a device that is rejected is claimed by nobody any more", async (store) => {
    const key = await standing(store, "1");
    await store.commit("claim-device", claim(key));
    await store.commit("set-approval", approving(key, "rejected"));
    assert.equal((await store.device(key))?.claim, undefined);
  });

  on("devices are found by whether somebody claims them, until that is decided", async (store) => {
    for (const serialNumber of ["1", "2", "3"]) await standing(store, serialNumber);
    for (const serialNumber of ["2", "3"]) await store.commit("claim-device", claim(keyOf(serialNumber)));
    await store.commit("approve-claim", deciding(keyOf("3")));
    const find = async (claimed: boolean) => {
      const { items } = await store.devices({ limit: 10, claimed });
      return items.map(({ deviceId }) => deviceId.SerialNumber);
    };
    assert.deepEqual(await find(true), ["2"]);
    assert.deepEqual(await find(false), ["1", "3"]);
  });
}

const byFirstContact = { at: at(400), by: "first-contact", claimApprovedAt: at(300) } as const;

/** A device with credentials of its own. */
async function standing(store: Store, serialNumber: string): Promise<DeviceKey> {
  const key = await enrolled(store, serialNumber);
  await store.commit("stage-credentials", { device: key, sealed: "sent" });
  const confirmed = { device: key, staged: "sent", sealed: "kept", at: at(5), events: [] };
  await store.commit("confirm-credentials", confirmed);
  return key;
}

async function approved(store: Store, device: DeviceKey): Promise<void> {
  await store.commit("claim-device", claim(device));
  await store.commit("approve-claim", deciding(device));
}

function claim(device: DeviceKey, changes: Partial<ClaimDevice> = {}): ClaimDevice {
  return {
    device,
    address: ELSEWHERE,
    at: at(100),
    maxClaims: 100,
    maxClaimsPerAddress: 100,
    events: [anEvent(device, "claimed")],
    ...changes,
  };
}

/** What a person decides on the claim that {@link claim} makes. */
function deciding(device: DeviceKey): DecideClaim {
  return {
    device,
    claimedAt: at(100),
    at: at(300),
    audit: anAudit("decide", { device, at: at(300) }),
    events: [anEvent(device, "decided")],
  };
}

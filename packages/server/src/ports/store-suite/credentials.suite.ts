import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import {
  aToken,
  anAudit,
  anEvent,
  approving,
  at,
  enrolled,
  enrolment,
  eventNames,
  keyOf,
  versionOf,
  type On,
} from "./store.fixture.ts";

/** The secrets of devices, and the tokens of managers. */
export function credentialsSuite(on: On): void {
  on("credentials are staged, and confirmed by what was staged alone", async (store) => {
    const key = await enrolled(store, "1");
    const confirm = {
      device: key,
      staged: "s1",
      sealed: "s1-kept",
      at: at(30),
      events: [anEvent(key, "confirmed")],
    };
    assert.deepEqual(await store.commit("stage-credentials", { device: key, sealed: "s1" }), { held: true });
    assert.equal((await store.device(key))?.credentials, "staged");
    assert.deepEqual(await store.credentials(key), { staged: "s1" });
    assert.deepEqual(await store.commit("confirm-credentials", { ...confirm, staged: "s0" }), {
      held: false,
    });
    assert.deepEqual(await store.commit("confirm-credentials", confirm), { held: true });
    assert.deepEqual(await store.commit("confirm-credentials", confirm), { held: true });
    assert.equal((await store.device(key))?.credentials, "confirmed");
    assert.deepEqual(await store.credentials(key), { confirmed: "s1-kept" });
    assert.deepEqual(await eventNames(store), ["confirmed"]);
  });

  on("what a device is judged by is its row and its credentials, of one moment", async (store) => {
    const key = await enrolled(store, "1");
    assert.equal(await store.login(keyOf("2")), undefined);
    const { approval, credentialVersion, facts } = (await store.device(key)) ?? assert.fail("it is enrolled");
    const device = { key, approval, credentialVersion, facts };
    assert.deepEqual(await store.login(key), { device, credentials: {} });
    await store.commit("stage-credentials", { device: key, sealed: "s1" });
    assert.deepEqual(await store.login(key), { device, credentials: { staged: "s1" } });
  });

  on("while new credentials are on their way, the device may hold either", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("stage-credentials", { device: key, sealed: "s1" });
    await store.commit("confirm-credentials", {
      device: key,
      staged: "s1",
      sealed: "k1",
      at: at(30),
      events: [],
    });
    await store.commit("stage-credentials", { device: key, sealed: "s2" });
    assert.deepEqual(await store.credentials(key), { confirmed: "k1", staged: "s2" });
    assert.equal((await store.device(key))?.credentials, "staged");
  });

  on("what the device refused is dropped; what it held before stays", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("stage-credentials", { device: key, sealed: "s1" });
    await store.commit("confirm-credentials", {
      device: key,
      staged: "s1",
      sealed: "k1",
      at: at(30),
      events: [],
    });
    await store.commit("stage-credentials", { device: key, sealed: "s2" });
    const refusal = { device: key, staged: "s2", events: [anEvent(key, "refused")] };
    assert.deepEqual(await store.commit("refuse-credentials", { ...refusal, staged: "s0" }), { held: false });
    assert.deepEqual(await store.commit("refuse-credentials", refusal), { held: true });
    assert.deepEqual(await store.commit("refuse-credentials", refusal), { held: true });
    assert.deepEqual(await store.credentials(key), { confirmed: "k1" });
    assert.equal((await store.device(key))?.credentials, "refused");
    assert.deepEqual(await eventNames(store), ["refused"]);
  });

  on(
    "new credentials are wanted once, and what the device holds is good until it confirmed others",
    async (store) => {
      const key = await enrolled(store, "1");
      await store.commit("stage-credentials", { device: key, sealed: "s1" });
      await store.commit("confirm-credentials", confirming(key, "s1"));
      const rotation = rotating(key);
      assert.deepEqual(await store.commit("rotate-credentials", rotation), { held: true });
      assert.deepEqual(await store.commit("rotate-credentials", rotation), { held: true });
      assert.equal((await store.device(key))?.credentials, "rotating");
      assert.deepEqual(await store.credentials(key), { confirmed: "s1-kept" });
      assert.deepEqual(await eventNames(store), ["rotating"]);
      assert.equal((await store.audit({ limit: 10 })).length, 1);
    },
  );

  on("a device that refused credentials may be offered others", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("stage-credentials", { device: key, sealed: "s1" });
    await store.commit("refuse-credentials", { device: key, staged: "s1", events: [] });
    assert.deepEqual(await store.commit("rotate-credentials", rotating(key)), { held: true });
    assert.equal((await store.device(key))?.credentials, "rotating");
  });

  on("a device that has none yet, or is being given some, is given no others for that", async (store) => {
    const key = await enrolled(store, "1");
    assert.deepEqual(await store.commit("rotate-credentials", rotating(key)), { held: true });
    assert.equal((await store.device(key))?.credentials, "none");
    await store.commit("stage-credentials", { device: key, sealed: "s1" });
    assert.deepEqual(await store.commit("rotate-credentials", rotating(key)), { held: true });
    assert.equal((await store.device(key))?.credentials, "staged");
    assert.deepEqual(await store.commit("rotate-credentials", rotating(keyOf("2"))), { held: false });
    assert.deepEqual(await eventNames(store), []);
  });

  on(
    "tokens made before stay good with a device's first credentials, and end with those that replace others",
    async (store) => {
      const key = await enrolled(store, "1");
      const version = await versionOf(store, key);
      await store.commit("stage-credentials", { device: key, sealed: "s1" });
      await store.commit("confirm-credentials", confirming(key, "s1"));
      assert.equal(await versionOf(store, key), version);
      await store.commit("stage-credentials", { device: key, sealed: "s2" });
      assert.equal(await versionOf(store, key), version, "what is staged may yet be refused");
      await store.commit("confirm-credentials", confirming(key, "s2"));
      const raised = await versionOf(store, key);
      assert.ok(raised > version);
      assert.deepEqual(await store.commit("confirm-credentials", confirming(key, "s2")), { held: true });
      assert.equal(await versionOf(store, key), raised, "once");
    },
  );

  on(
    "a device that is rejected or enrols anew loses its tokens; one that is approved keeps them",
    async (store) => {
      await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
      const key = keyOf("1");
      const waiting = await versionOf(store, key);
      await store.commit("set-approval", approving(key, "approved"));
      assert.equal(await versionOf(store, key), waiting);
      await store.commit("set-approval", approving(key, "rejected"));
      await store.commit("set-approval", approving(key, "rejected", 21));
      const rejected = await versionOf(store, key);
      assert.ok(rejected > waiting);
      await store.commit("enrol-device", enrolment("1", { at: at(60) }));
      assert.ok((await versionOf(store, key)) > rejected);
    },
  );

  on(
    "no version comes back, though the clock went back or the device was removed in between",
    async (store) => {
      const key = await enrolled(store, "1");
      const versions = [await versionOf(store, key)];
      await store.commit("enrol-device", enrolment("1", { at: at(-60) }));
      versions.push(await versionOf(store, key));
      await store.commit("set-approval", approving(key, "rejected"));
      versions.push(await versionOf(store, key));
      await store.commit("remove-device", { device: key, audit: anAudit("remove-device"), events: [] });
      await store.commit("enrol-device", enrolment("1", { at: at(60) }));
      versions.push(await versionOf(store, key));
      assert.deepEqual(
        versions,
        [...new Set(versions)].sort((one, other) => one - other),
      );
    },
  );

  on("a device that is not there has no credentials", async (store) => {
    const key = keyOf("1");
    assert.deepEqual(await store.commit("stage-credentials", { device: key, sealed: "s1" }), { held: false });
    const confirm = { device: key, staged: "s1", sealed: "k1", at: at(30), events: [] };
    assert.deepEqual(await store.commit("confirm-credentials", confirm), { held: false });
    assert.deepEqual(await store.commit("refuse-credentials", confirm), { held: false });
    assert.equal(await store.credentials(key), undefined);
  });

  on("a token is found by its hash, also once it was revoked", async (store) => {
    const change = { token: aToken("t1", { expiresAt: at(99) }), audit: anAudit("add-token") };
    assert.deepEqual(await store.commit("add-token", change), { held: true });
    assert.deepEqual(await store.commit("add-token", change), { held: true });
    assert.deepEqual(await store.apiToken("hash-of-t1"), change.token);
    const revocation = { id: "t1", at: at(50), audit: anAudit("revoke-token") };
    assert.deepEqual(await store.commit("revoke-token", revocation), { held: true });
    assert.deepEqual(await store.commit("revoke-token", { ...revocation, at: at(60) }), { held: true });
    assert.deepEqual(await store.apiToken("hash-of-t1"), { ...change.token, revokedAt: at(50) });
    assert.equal(await store.apiToken("hash-of-t2"), undefined);
    assert.deepEqual(
      (await store.audit({ limit: 10 })).map(({ action }) => action),
      ["revoke-token", "add-token"],
    );
  });

  on("two tokens share neither id nor hash, and none is revoked that is not there", async (store) => {
    await store.commit("add-token", { token: aToken("t1"), audit: anAudit("add-token") });
    const sameHash = {
      token: aToken("t2", { hash: "hash-of-t1" }),
      audit: anAudit("add-token", { at: at(21) }),
    };
    const sameId = { token: aToken("t1", { hash: "other" }), audit: anAudit("add-token", { at: at(22) }) };
    assert.deepEqual(await store.commit("add-token", sameHash), { held: false });
    assert.deepEqual(await store.commit("add-token", sameId), { held: false });
    const revocation = { id: "t2", at: at(50), audit: anAudit("revoke-token") };
    assert.deepEqual(await store.commit("revoke-token", revocation), { held: false });
    assert.deepEqual(await store.apiTokens(), [aToken("t1")]);
    assert.equal((await store.audit({ limit: 10 })).length, 1);
  });
}

function confirming(device: DeviceKey, staged: string) {
  return { device, staged, sealed: `${staged}-kept`, at: at(30), events: [] };
}

function rotating(device: DeviceKey) {
  const audit = anAudit("rotate-credentials", { device });
  return { device, at: at(20), audit, events: [anEvent(device, "rotating")] };
}

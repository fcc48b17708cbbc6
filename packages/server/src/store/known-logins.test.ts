import assert from "node:assert/strict";
import { test } from "node:test";
import { anAudit, approving, at, enrolment, keyOf, opening } from "../ports/store-suite/store.fixture.ts";
import type { DeviceLogin } from "../ports/index.ts";
import { KnownLogins } from "./known-logins.ts";

const key = keyOf("1");
const other = keyOf("2");

test("a login is read once, also where an Inform says again what is known", () => {
  const { logins, reads } = twoKnown();
  logins.changed("open-connection", opening(key, "c1", { facts: { softwareVersion: "1.0" } }));
  logins.changed("open-connection", opening(key, "c2"));
  logins.changed("record-audit", { audit: anAudit("login") });
  assert.deepEqual([reads(key), reads(other)], [1, 1]);
});

test("an Inform that tells something new has the login read anew, and so has a device that begins anew", () => {
  const { logins, reads } = twoKnown();
  logins.changed("open-connection", opening(key, "c1", { facts: { softwareVersion: "2.0" } }));
  assert.deepEqual([reads(key), reads(other)], [2, 1]);
  logins.changed("open-connection", opening(key, "c2", { bootstrapped: true }));
  assert.deepEqual([reads(key), reads(other)], [3, 1]);
});

test("a change that names a device has its login read anew, and no other", () => {
  const { logins, reads } = twoKnown();
  logins.changed("stage-credentials", { device: key, sealed: "s1" });
  assert.deepEqual([reads(key), reads(other)], [2, 1]);
  logins.changed("set-approval", approving(key, "rejected"));
  assert.deepEqual([reads(key), reads(other)], [3, 1]);
  logins.changed("enrol-device", enrolment("1"));
  assert.deepEqual([reads(key), reads(other)], [4, 1]);
});

test("a change that names no device, and of which nothing is known, has all logins read anew", () => {
  const { logins, reads } = twoKnown();
  logins.changed("close-stale-connections", { at: at(1) });
  assert.deepEqual([reads(key), reads(other)], [2, 2]);
});

test("nobody who is not known is remembered as such", () => {
  const logins = new KnownLogins();
  assert.equal(
    logins.of(key, () => undefined),
    undefined,
  );
  assert.equal(logins.of(key, () => login(key))?.device.key, key);
});

/** Two devices whose logins were read; `reads` asks once more, and gives how often a device's was read by then. */
function twoKnown() {
  const logins = new KnownLogins();
  const counts = new Map<string, number>();
  const reads = (of: typeof key): number => {
    logins.of(of, () => {
      counts.set(of, (counts.get(of) ?? 0) + 1);
      return login(of);
    });
    return counts.get(of) ?? 0;
  };
  reads(key);
  reads(other);
  return { logins, reads };
}

function login(of: typeof key): DeviceLogin {
  const facts = { root: "Device.", softwareVersion: "1.0" };
  return { device: { key: of, approval: "approved", credentialVersion: at(0), facts }, credentials: {} };
}

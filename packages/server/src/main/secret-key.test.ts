import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { UnsealError } from "../ports/index.ts";
import { firstContactPassword, secretKeyVault } from "./secret-key.ts";

const key = "00".repeat(32);
const otherKey = "11".repeat(32);
const vault = secretKeyVault(key);
const secrets = {
  username: "device",
  ha1: vault.ha1("device", "password"),
  connectionRequestUsername: "acs",
  connectionRequestPassword: "knock",
};

test("what was sealed comes back, and the sealed text gives nothing away", () => {
  const sealed = vault.seal(secrets);
  assert.deepEqual(vault.unseal(sealed), secrets);
  assert.doesNotMatch(sealed, /knock|device/);
});

test("the same secrets are never sealed to the same text", () => {
  assert.notEqual(vault.seal(secrets), vault.seal(secrets));
});

test("another key, and a changed text, are refused", () => {
  const sealed = vault.seal(secrets);
  assert.throws(() => secretKeyVault(otherKey).unseal(sealed), UnsealError);
  const changed = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");
  assert.throws(() => vault.unseal(changed), UnsealError);
});

test("HA1 is the digest of user, realm and password", () => {
  const expected = createHash("md5").update("device:heliograph:password").digest("hex");
  assert.equal(vault.ha1("device", "password").MD5, expected);
});

test("the first-contact password stays with the key", () => {
  assert.equal(firstContactPassword(key), firstContactPassword(key));
  assert.notEqual(firstContactPassword(key), firstContactPassword(otherKey));
  assert.match(firstContactPassword(key), /^[a-z2-9]{20}$/);
});

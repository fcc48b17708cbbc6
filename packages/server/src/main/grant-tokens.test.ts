import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { grantId } from "../ports/index.ts";
import { grantTokens } from "./grant-tokens.ts";
import { lightKeys, lightTokenMinter, lightTokenVerifier } from "./light-tokens.ts";

const SECRET = "ab".repeat(32);
const ID = grantId("0123456789abcdef") ?? assert.fail("it is an id");
const HOUR_MS = 3_600_000;

test("a token says which grant it is until it expires, to every process with the secret key [GRANTS-TOKEN-1]", async () => {
  const clock = new VirtualClock();
  const expiresAt = clock.now() + HOUR_MS;
  const token = await grantTokens(SECRET, clock).sign(ID, expiresAt);
  const reader = grantTokens(SECRET, clock);
  assert.equal(await reader.verify(token, expiresAt - 1_000), ID);
  assert.equal(await reader.verify(token, expiresAt), undefined);
  assert.equal(await grantTokens("cd".repeat(32), clock).verify(token, clock.now()), undefined);
});

test("a device's token is no grant's, and a grant's none of a device's [GRANTS-TOKEN-1]", async () => {
  const clock = new VirtualClock();
  const now = clock.now();
  const keys = lightKeys(SECRET, ["1"]);
  const device = parseDeviceKey("00D09E-IGD-1") ?? assert.fail("it is a key");
  const claims = { device, credentialVersion: 1, authTime: now, expiresAt: now + HOUR_MS };
  const light = await lightTokenMinter(keys.signing, clock).mint(claims);
  const grants = grantTokens(SECRET, clock);
  assert.equal(await grants.verify(light, now), undefined);
  const token = await grants.sign(ID, now + HOUR_MS);
  assert.equal(await lightTokenVerifier(keys.verifying).verify(token, now), undefined);
});

test("what is no token, or longer than any of ours, is none", async () => {
  const clock = new VirtualClock();
  const grants = grantTokens(SECRET, clock);
  for (const text of ["", ".", "a.b.c", "hg_0123", "a".repeat(10_000)])
    assert.equal(await grants.verify(text, 0), undefined);
});

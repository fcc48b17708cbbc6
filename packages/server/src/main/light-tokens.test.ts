import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { deviceKey } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import fc from "fast-check";
import { exportSPKI, SignJWT } from "jose";
import type { LightClaims, TokenMinter, TokenVerifier } from "../ports/index.ts";
import { lightKeys, lightTokenMinter, lightTokenVerifier } from "./light-tokens.ts";

const SECRET = "00".repeat(32);
const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

const device = deviceKey({ Manufacturer: "", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "SN 1" });
assert.ok(device !== undefined);
const claims: LightClaims = {
  device,
  credentialVersion: 3,
  authTime: NOW - HOUR_MS,
  expiresAt: NOW + HOUR_MS,
};

const keys = lightKeys(SECRET, ["k1"]);
const minter = minterOf(SECRET, "k1");
const verifier = verifierOf(SECRET, "k1");

function minterOf(secret: string, ...kids: readonly [string, ...string[]]): TokenMinter {
  return lightTokenMinter(lightKeys(secret, kids).signing, new VirtualClock(NOW));
}

function verifierOf(secret: string, ...kids: readonly [string, ...string[]]): TokenVerifier {
  return lightTokenVerifier(lightKeys(secret, kids).verifying);
}

/** A token of our own key that says something else. */
function signed(
  payload: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new SignJWT({ ...ours, ...payload })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1", ...header })
    .sign(keys.signing.key);
}

const ours = {
  iss: "heliograph",
  aud: "light",
  sub: device,
  "credential-version": 3,
  "auth-time": 1,
  iat: 1,
  exp: NOW / 1_000 + 3_600,
};

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function read(token: string, index: number): unknown {
  return JSON.parse(Buffer.from(token.split(".")[index] ?? "", "base64url").toString("utf8"));
}

test("what was minted is read again, until it expires", async () => {
  const token = await minter.mint(claims);
  assert.deepEqual(await verifier.verify(token, NOW), claims);
  assert.deepEqual(await verifier.verify(token, claims.expiresAt - 1), claims);
  assert.equal(await verifier.verify(token, claims.expiresAt), undefined);
});

test("whatever a token is to say, it says, in whole seconds", async () => {
  const count = fc.nat({ max: 2 ** 31 });
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1, maxLength: 40 }),
      count,
      count,
      async (serial, version, at) => {
        const named = deviceKey({ Manufacturer: "", OUI: "00D09E", ProductClass: "", SerialNumber: serial });
        fc.pre(named !== undefined);
        const said = { device: named, credentialVersion: version, authTime: at, expiresAt: NOW + at + 1_000 };
        const whole = (ms: number): number => ms - (ms % 1_000);
        assert.deepEqual(await verifier.verify(await minter.mint(said), NOW), {
          ...said,
          authTime: whole(said.authTime),
          expiresAt: whole(said.expiresAt),
        });
      },
    ),
    { numRuns: 50 },
  );
});

test("a token is an EdDSA JWT with kid, audience and issuer, and fits a header", async () => {
  const longest = deviceKey({
    Manufacturer: "",
    OUI: "00D09E",
    ProductClass: "-".repeat(80),
    SerialNumber: "-".repeat(88),
  });
  assert.ok(longest !== undefined && longest.length > 500);
  const token = await minter.mint({ ...claims, device: longest });
  assert.deepEqual(read(token, 0), { alg: "EdDSA", kid: "k1" });
  assert.deepEqual(read(token, 1), {
    iss: "heliograph",
    aud: "light",
    sub: longest,
    "credential-version": 3,
    "auth-time": claims.authTime / 1_000,
    iat: NOW / 1_000,
    exp: claims.expiresAt / 1_000,
  });
  assert.equal((await verifier.verify(token, NOW))?.device, longest);
});

test("every process that has the secret key has the same keys, and no other has", async () => {
  const token = await minter.mint(claims);
  assert.deepEqual(await verifierOf(SECRET, "k1").verify(token, NOW), claims);
  assert.equal(await verifierOf("11".repeat(32), "k1").verify(token, NOW), undefined);
});

test("the newest key signs; what an older one signed is good while it is named, and no longer", async () => {
  const old = await minter.mint(claims);
  const fresh = await minterOf(SECRET, "k2", "k1").mint(claims);
  assert.deepEqual(read(fresh, 0), { alg: "EdDSA", kid: "k2" });
  const during = verifierOf(SECRET, "k2", "k1");
  assert.deepEqual(await during.verify(old, NOW), claims);
  assert.deepEqual(await during.verify(fresh, NOW), claims);
  assert.equal(await verifierOf(SECRET, "k2").verify(old, NOW), undefined);
});

test("gateways hold public keys alone", () => {
  for (const key of keys.verifying.values()) assert.equal(key.type, "public");
});

test("a token that is not signed, or by another means, is refused", async () => {
  const [head, body = "", signature = ""] = (await minter.mint(claims)).split(".");
  const [spki] = await Promise.all([...keys.verifying.values()].map((key) => exportSPKI(key)));
  assert.ok(spki !== undefined);
  const none = part({ alg: "none", kid: "k1" });
  const hmac = `${part({ alg: "HS256", kid: "k1" })}.${body}`;
  const hostile = [
    `${none}.${body}.`,
    `${none}.${body}.${signature}`,
    `${hmac}.${createHmac("sha256", spki).update(hmac).digest("base64url")}`,
    `${head}.${body}.`,
    `${head}.${part({ ...ours, sub: "00D09E-OTHER" })}.${signature}`,
  ];
  for (const token of hostile) assert.equal(await verifier.verify(token, NOW), undefined, token);
});

const strange: readonly (readonly [kind: string, token: () => Promise<string>])[] = [
  ["for managers", () => signed({ aud: "manage" })],
  ["for nobody", () => signed({ aud: [] })],
  ["of another issuer", () => signed({ iss: "somebody" })],
  ["of a key that nobody knows", () => signed({}, { kid: "k9" })],
  ["of a key by a name that every object has", () => signed({}, { kid: "__proto__" })],
  ["that has expired", () => signed({ exp: NOW / 1_000 })],
  ["that never expires", () => signed({ exp: undefined })],
  ["of nobody", () => signed({ sub: undefined })],
  ["of a device that cannot be", () => signed({ sub: "../../etc" })],
  ["without a credential version", () => signed({ "credential-version": undefined })],
  ["with half a credential version", () => signed({ "credential-version": 0.5 })],
  ["that does not say when its device authenticated", () => signed({ "auth-time": "now" })],
  ["that is not good yet", () => signed({ nbf: NOW / 1_000 + 60 })],
  ["of any length", () => signed({ more: "x".repeat(100_000) })],
];
for (const [kind, token] of strange) {
  test(`a token ${kind} is refused`, async () => {
    assert.equal(await verifier.verify(await token(), NOW), undefined);
  });
}

test("our own token with one character changed never says anything else, and garbage says nothing; neither is an error", async () => {
  const token = await minter.mint(claims);
  const changed = fc.tuple(fc.nat({ max: token.length - 1 }), fc.string({ maxLength: 2, unit: "binary" }));
  await fc.assert(
    fc.asyncProperty(changed, async ([at, by]) => {
      const read = await verifier.verify(token.slice(0, at) + by + token.slice(at + 1), NOW);
      if (read !== undefined) assert.deepEqual(read, claims);
    }),
  );
  const json = fc.jsonValue().map(part);
  const header = fc.record({ alg: fc.jsonValue(), kid: fc.jsonValue(), crit: fc.jsonValue() }).map(part);
  const garbage = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(header, json, json).map((parts) => parts.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(garbage, async (hostile) => {
      assert.equal(await verifier.verify(hostile, NOW), undefined);
    }),
  );
});

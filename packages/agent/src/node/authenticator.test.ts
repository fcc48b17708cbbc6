import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthorization } from "@heliograph/protocol";
import { Authenticator } from "./authenticator.ts";

const credentials = { username: "cpe", password: "pw" };
const line = { method: "POST", uri: "/acs" };
const DIGEST = 'Digest realm="acs", nonce="n1", qop="auth"';
const BASIC = 'Basic realm="acs"';

test("nothing is said before it is asked for", () => {
  assert.equal(new Authenticator({ credentials, allowBasic: true }).authorization(line), undefined);
});

test("each use of a nonce is counted, and a new nonce counts from one [CWMP-AUTH-4]", () => {
  const authenticator = new Authenticator({ credentials, allowBasic: false });
  const next = (): unknown => {
    const given = parseAuthorization(authenticator.authorization(line) ?? "");
    assert.ok(given?.scheme === "digest");
    return [given.nonce, given.nc, given.qop];
  };
  assert.ok(authenticator.challenged(DIGEST));
  assert.deepEqual(
    [next(), next()],
    [
      ["n1", "00000001", "auth"],
      ["n1", "00000002", "auth"],
    ],
  );
  assert.ok(authenticator.challenged(DIGEST.replace("n1", "n2")));
  assert.deepEqual(next(), ["n2", "00000001", "auth"]);
});

test("Digest is preferred, and Basic is answered only where it may be [CWMP-AUTH-1]", () => {
  const free = new Authenticator({ credentials, allowBasic: true });
  assert.ok(free.challenged(`${BASIC}, ${DIGEST}`));
  assert.match(free.authorization(line) ?? "", /^Digest /);
  assert.ok(free.challenged(BASIC));
  assert.equal(free.authorization(line), `Basic ${btoa("cpe:pw")}`);
  const careful = new Authenticator({ credentials, allowBasic: false });
  assert.equal(careful.challenged(BASIC), false);
  assert.equal(careful.authorization(line), undefined);
});

test("without credentials no challenge is answered", () => {
  const authenticator = new Authenticator({ credentials: undefined, allowBasic: true });
  assert.equal(authenticator.challenged(DIGEST), false);
  assert.equal(authenticator.authorization(line), undefined);
});

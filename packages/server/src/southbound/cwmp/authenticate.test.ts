import assert from "node:assert/strict";
import { test } from "node:test";
import { answerChallenge, basicAuthorization, ha1 } from "@heliograph/protocol";
import type { DigestAlgorithm, DigestQop } from "@heliograph/protocol";
import { REALM } from "../../ports/index.ts";
import type { Ha1 } from "../../ports/index.ts";
import { digestHash } from "../digest-hash.ts";
import { authenticate } from "./authenticate.ts";
import type { Login, Logins, Proof } from "./authenticate.ts";

const own = login("001122-Box-1", "own-secret");
const staged = login("001122-Box-1", "staged-secret");
const firstContact = login("cpe", "shared-secret");

test("a device's own credentials prove it, by Digest with either hash and by Basic where that is safe", () => {
  const logins = all({ confirmed: own });
  assert.deepEqual(authenticate(proof(digest("001122-Box-1", "own-secret")), logins), { type: "confirmed" });
  assert.deepEqual(
    authenticate(proof(digest("001122-Box-1", "own-secret", { algorithm: "SHA-256" })), logins),
    {
      type: "confirmed",
    },
  );
  const basic = basicAuthorization("001122-Box-1", "own-secret");
  assert.deepEqual(authenticate(proof(basic, { basicAllowed: true }), logins), { type: "confirmed" });
});

test("right credentials by Basic are refused where the way is not safe", () => {
  const basic = basicAuthorization("001122-Box-1", "own-secret");
  assert.deepEqual(authenticate(proof(basic), all({ confirmed: own })), {
    type: "refused",
    reason: "Basic without TLS",
    guessed: false,
  });
});

test("staged credentials prove a device that still has confirmed ones", () => {
  const verdict = authenticate(
    proof(digest("001122-Box-1", "staged-secret")),
    all({ confirmed: own, staged }),
  );
  assert.deepEqual(verdict, { type: "staged" });
});

test("the first-contact secret counts for a device without confirmed credentials", () => {
  const shared = proof(digest("cpe", "shared-secret"));
  assert.deepEqual(authenticate(shared, all({})), { type: "first-contact" });
  assert.deepEqual(authenticate(shared, all({ staged })), { type: "first-contact" });
});

test("a device with confirmed credentials must use them, unless it starts from nothing", () => {
  const logins = all({ confirmed: own });
  const shared = digest("cpe", "shared-secret");
  assert.equal(authenticate(proof(shared), logins).type, "refused");
  assert.deepEqual(authenticate(proof(shared, { bootstrap: true }), logins), { type: "first-contact" });
  assert.deepEqual(authenticate(proof(undefined, { covered: true }), logins), {
    type: "challenge",
    stale: false,
  });
  assert.deepEqual(authenticate(proof(undefined, { covered: true, bootstrap: true }), logins), {
    type: "covered",
  });
  assert.equal(authenticate(proof(undefined, { bootstrap: true }), logins).type, "challenge");
});

test("where open enrolment covers the address, no secret is needed and a wrong one does no harm", () => {
  const covered = { covered: true };
  assert.deepEqual(authenticate(proof(undefined, covered), all({})), { type: "covered" });
  assert.deepEqual(authenticate(proof(digest("cpe", "wrong"), covered), all({})), { type: "covered" });
  assert.deepEqual(authenticate(proof(digest("cpe", "shared-secret"), covered), all({})), {
    type: "covered",
  });
});

test("no secret is asked for where none is set, and none is right", () => {
  const logins: Logins = { ha1: hashes };
  assert.deepEqual(authenticate(proof(undefined), logins), { type: "challenge", stale: false });
  assert.equal(authenticate(proof(digest("", "")), logins).type, "refused");
});

test("the right credentials with an old nonce are asked for again, with a word that only the nonce was wrong", () => {
  const old = proof(digest("001122-Box-1", "own-secret"), { accepts: () => false });
  assert.deepEqual(authenticate(old, all({ confirmed: own })), { type: "challenge", stale: true });
});

test("an answer is taken for no other Inform only where it is right", () => {
  const asked: string[] = [];
  const accepts = ({ nonce }: { readonly nonce: string }): boolean => asked.push(nonce) > 0;
  const logins = all({ confirmed: own });
  assert.equal(authenticate(proof(digest("001122-Box-1", "guess"), { accepts }), logins).type, "refused");
  assert.deepEqual(asked, []);
  assert.equal(
    authenticate(proof(digest("001122-Box-1", "own-secret"), { accepts }), logins).type,
    "confirmed",
  );
  assert.deepEqual(asked, ["n"]);
});

for (const algorithm of ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"] as const) {
  test(`a name that is hidden by ${algorithm} is known all the same`, () => {
    const hash = algorithm.startsWith("MD5") ? "MD5" : "SHA-256";
    const hidden = digestHash(hash, `001122-Box-1:${REALM}`);
    const answer = digest("001122-Box-1", "own-secret", { algorithm }).replace("001122-Box-1", hidden);
    assert.deepEqual(authenticate(proof(answer), all({ confirmed: own })), { type: "confirmed" });
  });
}

test("a device is who its certificate says, without a password and whatever it starts from [CWMP-AUTH-10]", () => {
  const certified = { certificate: "own" } as const;
  for (const logins of [{}, { staged }, { confirmed: own }]) {
    for (const bootstrap of [false, true]) {
      const verdict = authenticate(proof(undefined, { ...certified, bootstrap }), all(logins));
      assert.deepEqual(verdict, { type: "certificate" });
    }
  }
  const shared = digest("cpe", "shared-secret");
  for (const authorization of [shared, digest("001122-Box-1", "guess"), "Bearer abc"]) {
    const verdict = authenticate(proof(authorization, certified), all({ confirmed: own }));
    assert.deepEqual(verdict, { type: "certificate" });
  }
});

test("with a certificate a device still confirms what was sent to it, where its answer is fresh [CWMP-AUTH-10]", () => {
  const answer = digest("001122-Box-1", "staged-secret");
  const certified = { certificate: "own" } as const;
  assert.deepEqual(authenticate(proof(answer, certified), all({ staged })), { type: "staged" });
  const stale = { ...certified, accepts: () => false };
  assert.deepEqual(authenticate(proof(answer, stale), all({ staged })), { type: "certificate" });
});

test("another device's certificate is wrong whatever comes with it, and no challenge follows [CWMP-AUTH-10]", () => {
  const foreign = { certificate: "foreign", covered: true } as const;
  for (const authorization of [undefined, digest("001122-Box-1", "own-secret")]) {
    assert.deepEqual(authenticate(proof(authorization, foreign), all({ confirmed: own })), {
      type: "foreign",
    });
  }
});

test("an answer that covers the body is refused, for it was not asked for", () => {
  const answer = digest("001122-Box-1", "own-secret", { qop: "auth-int" });
  assert.deepEqual(authenticate(proof(answer), all({ confirmed: own })), {
    type: "refused",
    reason: "auth-int, which was not offered",
    guessed: false,
  });
});

test("a wrong answer is a guess at the first-contact secret where that one was tried", () => {
  const guess = digest("cpe", "guess");
  const guessed = (logins: Logins, changes: Partial<Proof> = {}, authorization = guess) => {
    const verdict = authenticate(proof(authorization, changes), logins);
    return verdict.type === "refused" && verdict.guessed;
  };
  assert.equal(guessed(all({})), true);
  assert.equal(guessed(all({ confirmed: own })), false);
  assert.equal(guessed(all({ confirmed: own }), { bootstrap: true }), true);
  assert.equal(guessed(all({}), {}, basicAuthorization("cpe", "guess")), false);
  assert.equal(guessed(all({}), { basicAllowed: true }, basicAuthorization("cpe", "guess")), true);
  assert.equal(guessed(all({}), {}, "Digest"), false);
});

const wrong: readonly (readonly [kind: string, authorization: string, reason: string])[] = [
  ["a wrong password", digest("001122-Box-1", "guess"), "wrong credentials"],
  ["another device's credentials", digest("001122-Box-2", "own-secret"), "wrong credentials"],
  ["another realm", digest("001122-Box-1", "own-secret", { realm: "other" }), "wrong credentials"],
  ["garbage", "Digest realm=", "malformed Authorization header"],
  ["an empty header", "", "malformed Authorization header"],
  ["a bearer token", "Bearer abc", "malformed Authorization header"],
  [
    "a response that was tampered with",
    digest("001122-Box-1", "own-secret").replace(/response="../, 'response="zz'),
    "wrong credentials",
  ],
];
for (const [kind, authorization, reason] of wrong) {
  test(`${kind} is refused`, () => {
    assert.deepEqual(authenticate(proof(authorization), all({ confirmed: own, staged })), {
      type: "refused",
      reason,
      guessed: false,
    });
  });
}

function proof(authorization: string | undefined, changes: Partial<Proof> = {}): Proof {
  return {
    authorization,
    accepts: () => true,
    basicAllowed: false,
    covered: false,
    bootstrap: false,
    ...changes,
  };
}

function all(logins: Omit<Logins, "ha1">): Logins {
  return { firstContact, ha1: hashes, ...logins };
}

function login(username: string, password: string): Login {
  return { username, ha1: hashes(username, password) };
}

function hashes(username: string, password: string): Ha1 {
  const credentials = { username, password, realm: REALM };
  return {
    MD5: ha1(digestHash, credentials),
    "SHA-256": ha1(digestHash, { ...credentials, algorithm: "SHA-256" }),
  };
}

interface Asked {
  readonly algorithm?: DigestAlgorithm;
  readonly realm?: string;
  readonly qop?: DigestQop;
}

function digest(
  username: string,
  password: string,
  { algorithm = "MD5", realm = REALM, qop = "auth" }: Asked = {},
): string {
  return answerChallenge(digestHash, {
    challenge: { scheme: "digest", realm, nonce: "n", qop: [qop], algorithm, stale: false },
    username,
    secret: { password },
    method: "POST",
    uri: "/",
    cnonce: "c",
    nc: 1,
  });
}

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { validateHeaderValue } from "node:http";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { parseAuthHeader } from "./auth-header.ts";
import {
  answerChallenge,
  basicAuthorization,
  ha1,
  parseAuthorization,
  parseChallenges,
  verifyAuthorization,
  writeChallenge,
  type BasicAuthorization,
  type DigestAuthorization,
  type DigestChallenge,
  type Hash,
} from "./digest.ts";

const hash: Hash = (algorithm, text) => createHash(algorithm).update(text).digest("hex");
const equals = (given: string, expected: string): boolean => given === expected;

const seeds = [
  'Digest realm="acs", qop="auth,auth-int", nonce="abc", opaque="o", algorithm=MD5, stale=true',
  'Digest realm="a", nonce="n" algorithm=SHA-256-sess qop=auth, Basic realm="b", Negotiate',
  'Digest username="u", realm="r", nonce="n", uri="/a?b=c", response="00ff", qop=auth, nc=00000001, cnonce="c"',
  'Digest username=u v, realm=, nonce=n,uri=/,response=00FF,algorithm="MD5-sess",opaque="\\"\\\\"',
  "Basic dXNlcjpwYXNzd29yZA==",
  'basic dTpw, Digest nonce="n"\r\n realm="folded"',
];
const tokens = [
  ...[
    "Digest ",
    "Basic ",
    "realm=",
    'nonce="',
    'qop="auth"',
    "algorithm=",
    "MD5",
    "-sess",
    "SHA-256",
    "stale=",
  ],
  ...[
    "uri=",
    "response=",
    "nc=",
    "cnonce=",
    "username=",
    '"',
    '\\"',
    "\\",
    ",",
    "=",
    " ",
    "  =  ",
    "dTpw",
    "==",
  ],
];

/** A header as Node hands it over: every character is one byte. */
function judge(text: string): void {
  const header = text.replaceAll(/[^\u0000-\u00ff]/g, "?");
  for (const { scheme } of parseAuthHeader(header)) assert.equal(scheme, scheme.toLowerCase());
  for (const challenge of parseChallenges(header)) {
    if (challenge.scheme === "digest") judgeChallenge(challenge);
  }
  const given = parseAuthorization(header);
  if (given !== undefined) judgeAuthorization(given);
}

/** It can be written again, and it can be answered so that who asked takes the answer. */
function judgeChallenge(challenge: DigestChallenge): void {
  const [again] = parseChallenges(writeChallenge(challenge));
  assert.ok(again?.scheme === "digest");
  assert.equal(writeChallenge(again), writeChallenge(challenge));
  const credentials = { username: 'ü"\\', realm: again.realm, password: "p" };
  const algorithm = again.algorithm?.startsWith("SHA-256") === true ? "SHA-256" : "MD5";
  const secret = { ha1: ha1(hash, { ...credentials, algorithm }) };
  const request = { method: "GET", uri: "/a", cnonce: "c", nc: 1 } as const;
  const answer = answerChallenge(hash, {
    challenge: again,
    username: credentials.username,
    secret,
    ...request,
  });
  validateHeaderValue("authorization", answer);
  const read = parseAuthorization(answer);
  assert.ok(read?.scheme === "digest");
  assert.ok(verifyAuthorization(hash, read, { ...secret, algorithm, method: "GET", equals }));
  assert.ok(!verifyAuthorization(hash, read, { ha1: "", algorithm, method: "GET", equals }));
}

function judgeAuthorization(given: DigestAuthorization | BasicAuthorization): void {
  if (given.scheme === "basic") {
    assert.deepEqual(parseAuthorization(basicAuthorization(given.username, given.password)), given);
    return;
  }
  const expected = { ha1: "00", method: "POST", body: "b", equals };
  for (const algorithm of ["MD5", "SHA-256"] as const) {
    assert.ok(!verifyAuthorization(hash, given, { ...expected, algorithm }));
  }
}

test("any header gives challenges that can be answered, credentials that can be checked, or nothing", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 4_000 }));

test("the time for any header grows no faster than the header", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["Digest realm=", "x=y"],
      ["Basic ", "!"],
    ],
    read: judge,
    chars: 8_000,
  });
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parseAuthHeader } from "./auth-header.ts";
import {
  answerChallenge,
  basicAuthorization,
  chooseDigest,
  digestResponse,
  ha1,
  parseAuthorization,
  parseChallenges,
  verifyAuthorization,
  writeChallenge,
} from "./digest.ts";
import type { Challenge, DigestAlgorithm, DigestChallenge, DigestQop, Hash } from "./digest.ts";

const hash: Hash = (algorithm, text) => createHash(algorithm).update(text).digest("hex");
const equals = (given: string, expected: string): boolean => given === expected;

const mufasa = { username: "Mufasa", realm: "testrealm@host.com", password: "Circle Of Life" };
const rfc2617 = {
  method: "GET",
  uri: "/dir/index.html",
  nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
  qop: "auth",
  nc: "00000001",
  cnonce: "0a4f113b",
} as const;
const rfc7616 = {
  method: "GET",
  uri: "/dir/index.html",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  qop: "auth",
  nc: "00000001",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
} as const;

test("the response equals the example of RFC 2617 3.5", () => {
  const response = digestResponse(hash, { ha1: ha1(hash, mufasa), ...rfc2617 });
  assert.equal(response, "6629fae49393a05397450978507c4ef1");
});

test("the responses equal the examples of RFC 7616 3.9.1", () => {
  const expected: readonly (readonly [DigestAlgorithm, string])[] = [
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ];
  for (const [algorithm, response] of expected) {
    const credentials = {
      username: "Mufasa",
      realm: "http-auth@example.org",
      password: "Circle of Life",
      algorithm,
    };
    assert.equal(digestResponse(hash, { ha1: ha1(hash, credentials), algorithm, ...rfc7616 }), response);
  }
});

test("a challenge without qop is answered without qop, nc, cnonce and opaque", () => {
  const [challenge] = parseChallenges('Digest realm="HuaweiHomeGateway", nonce="0123456789abcdef"');
  assert.deepEqual(challenge, {
    scheme: "digest",
    realm: "HuaweiHomeGateway",
    nonce: "0123456789abcdef",
    qop: [],
    stale: false,
  });
  const a1 = hash("MD5", "itms:HuaweiHomeGateway:secret");
  const response = hash("MD5", `${a1}:0123456789abcdef:${hash("MD5", "GET:/1234")}`);
  assert.equal(
    answer(challenge),
    `Digest username="itms", realm="HuaweiHomeGateway", nonce="0123456789abcdef", uri="/1234", response="${response}"`,
  );
});

const sloppyChallenges: readonly (readonly [
  origin: string,
  header: string,
  expected: Partial<DigestChallenge>,
])[] = [
  [
    "no commas, empty opaque",
    'Digest qop="auth" nonce="5f9c" opaque="" realm="cwmpd"',
    { realm: "cwmpd", nonce: "5f9c", opaque: "", qop: ["auth"] },
  ],
  [
    "no quotes, spaces in a value",
    "Digest realm=Home Gateway, nonce=abc==, qop=auth, algorithm=md5",
    { realm: "Home Gateway", nonce: "abc==", qop: ["auth"], algorithm: "MD5" },
  ],
  [
    "neither quotes nor commas",
    "Digest realm=Home Gateway nonce=abc== opaque=x/y= qop=auth",
    { realm: "Home Gateway", nonce: "abc==", opaque: "x/y=", qop: ["auth"] },
  ],
  [
    "semicolons",
    'Digest realm="a;b"; nonce=abc==; qop=auth;opaque="o"',
    { realm: "a;b", nonce: "abc==", opaque: "o", qop: ["auth"] },
  ],
  [
    "a list without quotes",
    'Digest realm="r", qop=auth-int,auth, nonce="n", opaque="o"',
    { realm: "r", nonce: "n", opaque: "o", qop: ["auth-int", "auth"] },
  ],
  [
    "a list without quotes at the end",
    "Digest realm=r, nonce=n, qop=auth, auth-int",
    { realm: "r", nonce: "n", qop: ["auth", "auth-int"] },
  ],
  [
    "nothing between its parts",
    'Digest realm="r"nonce="n"qop="auth"',
    { realm: "r", nonce: "n", qop: ["auth"] },
  ],
  [
    "folded lines and spaces around the sign",
    'DIGEST realm = "a, b",\r\n\tnonce= "n" ,\n qop ="auth, auth-int"',
    { realm: "a, b", nonce: "n", qop: ["auth", "auth-int"] },
  ],
  ["a quote that is never closed", 'Digest nonce="n", realm="open', { nonce: "n", realm: "open", qop: [] }],
  ["a quoted quote", String.raw`Digest nonce="n", realm="say \"so\""`, { nonce: "n", realm: 'say "so"' }],
];

for (const [origin, header, expected] of sloppyChallenges) {
  test(`a sloppy challenge is read: ${origin}`, () => {
    assert.deepEqual(chooseDigest(parseChallenges(header)), {
      scheme: "digest",
      qop: [],
      stale: false,
      ...expected,
    });
  });
}

test("Digest is chosen where Basic and unknown schemes stand beside it", () => {
  const header =
    'Negotiate, Basic realm="cpe", Digest realm="cpe", nonce="n1", algorithm=SHA-512-256, Digest nonce="n2"';
  const challenges = parseChallenges(header);
  assert.deepEqual(
    challenges.map((challenge) => challenge.scheme),
    ["other", "basic", "other", "digest"],
  );
  assert.equal(chooseDigest(challenges)?.nonce, "n2");
  assert.equal(chooseDigest(parseChallenges('Basic realm="cpe"')), undefined);
});

test("a challenge is written so that it reads back", () => {
  const challenge = {
    realm: 'acs "one"',
    nonce: "n",
    opaque: "o",
    algorithm: "SHA-256",
    qop: ["auth"],
    stale: true,
  } as const;
  const header = writeChallenge(challenge);
  assert.equal(
    header,
    String.raw`Digest realm="acs \"one\"", qop="auth", nonce="n", opaque="o", algorithm=SHA-256, stale=true`,
  );
  assert.deepEqual(parseChallenges(header), [{ scheme: "digest", ...challenge }]);
});

const offers: readonly (readonly [chosen: DigestQop | undefined, offered: readonly DigestQop[]])[] = [
  [undefined, []],
  ["auth", ["auth"]],
  ["auth-int", ["auth-int"]],
  ["auth", ["auth-int", "auth"]],
];

for (const algorithm of ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"] as const) {
  for (const [expectedQop, qop] of offers) {
    test(`an answer by ${algorithm} with qop ${qop.join("+") || "none"} is verified, and by no other secret [CWMP-AUTH-4]`, () => {
      const challenge = { scheme: "digest", realm: "acs", nonce: "n", qop, algorithm, stale: false } as const;
      const parsed = parseAuthorization(answer(challenge, "<body/>"));
      assert.ok(parsed?.scheme === "digest");
      assert.equal(parsed.qop, expectedQop);
      const hashName = algorithm.startsWith("MD5") ? "MD5" : "SHA-256";
      const verify = (password: string, method = "GET", body = "<body/>"): boolean =>
        verifyAuthorization(hash, parsed, {
          ha1: ha1(hash, { username: "itms", realm: "acs", password, algorithm }),
          algorithm: hashName,
          method,
          body,
          equals,
        });
      assert.equal(verify("secret"), true);
      assert.equal(verify("Secret"), false);
      assert.equal(verify("secret", "POST"), false);
      assert.equal(verify("secret", "GET", "<other/>"), parsed.qop !== "auth-int");
    });
  }
}

for (const [algorithm, name] of [
  ["MD5-sess", "MD5"],
  ["SHA-256-sess", "SHA-256"],
] as const) {
  test(`${algorithm} makes the secret one of the session, by both nonces [CWMP-AUTH-4]`, () => {
    const a1 = hash(name, `${hash(name, "itms:acs:secret")}:n:cn`);
    const expected = hash(name, `${a1}:n:00000001:cn:auth:${hash(name, "GET:/1234")}`);
    const challenge = {
      scheme: "digest",
      realm: "acs",
      nonce: "n",
      qop: ["auth"],
      algorithm,
      stale: false,
    } as const;
    const parsed = parseAuthorization(answer(challenge));
    assert.equal(parsed?.scheme === "digest" && parsed.response, expected);
  });
}

test("an answer by another hash function than the stored HA1's is wrong, whatever it says", () => {
  const challenge = {
    scheme: "digest",
    realm: "acs",
    nonce: "n",
    qop: ["auth"],
    algorithm: "MD5",
    stale: false,
  } as const;
  const parsed = parseAuthorization(answer(challenge));
  assert.ok(parsed?.scheme === "digest");
  const expected = { ha1: ha1(hash, { username: "itms", realm: "acs", password: "secret" }), method: "GET" };
  assert.equal(verifyAuthorization(hash, parsed, { ...expected, algorithm: "MD5", equals }), true);
  assert.equal(verifyAuthorization(hash, parsed, { ...expected, algorithm: "SHA-256", equals }), false);
});

test("what easyCwmp sends is read and verified", () => {
  const header =
    'Digest username="easycwmp", realm="acs", nonce="f0901e42e8aed6bd970d09b60b98672d", uri="/acs", ' +
    'cnonce="NmZiZjRmMGZiYzI4MTAzNTdiYWU5NmU2N2E2MzViYzY=", nc=00000002, qop=auth, ' +
    'response="DF20F10D5D897981672E25E71A3598C7", opaque="5ccc069c403ebaf9f0171e9517f40e41", algorithm=MD5';
  const parsed = parseAuthorization(header);
  assert.deepEqual(parsed, {
    scheme: "digest",
    username: "easycwmp",
    realm: "acs",
    nonce: "f0901e42e8aed6bd970d09b60b98672d",
    uri: "/acs",
    response: "df20f10d5d897981672e25e71a3598c7",
    algorithm: "MD5",
    opaque: "5ccc069c403ebaf9f0171e9517f40e41",
    qop: "auth",
    nc: "00000002",
    cnonce: "NmZiZjRmMGZiYzI4MTAzNTdiYWU5NmU2N2E2MzViYzY=",
  });
  assert.ok(parsed.scheme === "digest");
  const stored = ha1(hash, { username: "easycwmp", realm: "acs", password: "easycwmp" });
  assert.ok(verifyAuthorization(hash, parsed, { ha1: stored, algorithm: "MD5", method: "POST", equals }));
});

test("Basic credentials are read and written, colons and umlauts in the password included", () => {
  const header = basicAuthorization("00D09E-IAD-8KA8", "pass:wörd");
  assert.deepEqual(parseAuthorization(header), {
    scheme: "basic",
    username: "00D09E-IAD-8KA8",
    password: "pass:wörd",
  });
  assert.deepEqual(parseAuthorization("basic  OEtBOFdBMTE1MTEwMDA0Mzo="), {
    scheme: "basic",
    username: "8KA8WA1151100043",
    password: "",
  });
});

const malformed = [
  "",
  " , ,",
  "=",
  "Digest",
  "Digest =",
  'Digest username="u"',
  'Digest username="u", nonce="n", uri="/", response="r", algorithm=MD4',
  'Digest username="u", nonce="n", uri="/", response="r", qop=other',
  "Basic",
  "Basic !!!!",
  "Basic YQ",
  "Bearer abc",
  `Digest ${'username="u",'.repeat(10_000)}`,
];

for (const header of malformed) {
  test(`no credentials are found in ${JSON.stringify(header.slice(0, 60))}`, () => {
    assert.equal(parseAuthorization(header), undefined);
  });
}

test("a header of nothing but separators, spaces or quotes costs little", () => {
  for (const piece of [" ", ",", ";", '"', "=", "a ", "a=", 'a="', "\\", ",auth", ", ", "auth ,"]) {
    const before = process.cpuUsage();
    const times = Math.floor(8000 / piece.length);
    parseAuthHeader(`Digest x=${piece.repeat(times)}`);
    parseAuthHeader(piece.repeat(times));
    assert.ok(process.cpuUsage(before).user < 200_000);
  }
});

function answer(challenge: Challenge | undefined, body?: string): string {
  assert.ok(challenge?.scheme === "digest");
  return answerChallenge(hash, {
    challenge,
    username: "itms",
    secret: { password: "secret" },
    method: "GET",
    uri: "/1234",
    cnonce: "cn",
    nc: 1,
    ...(body === undefined ? {} : { body }),
  });
}

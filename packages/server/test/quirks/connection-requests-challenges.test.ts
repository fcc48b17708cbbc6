import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { called, challenge, DIGEST, OK } from "./connection-requests-called.ts";
import { assertProven, proofIn } from "./connection-requests-proof.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

type Row = readonly [kind: string, header: string, echoed: Readonly<Record<string, string>>];

/** `echoed`: what the answer has besides username, uri, response, nc and cnonce, quotes included. */
const old: readonly Row[] = [
  ["without qop and opaque", 'Digest realm="cpe", nonce="n1"', { realm: '"cpe"', nonce: '"n1"' }],
  [
    "without qop, with an opaque",
    'Digest realm="cpe", nonce="n1", opaque="o"',
    { realm: '"cpe"', nonce: '"n1"', opaque: '"o"' },
  ],
  [
    "without qop, with an algorithm",
    'Digest realm="cpe", nonce="n1", algorithm=MD5',
    { realm: '"cpe"', nonce: '"n1"', algorithm: "MD5" },
  ],
  ["with an empty qop", 'Digest realm="cpe", nonce="n1", qop=""', { realm: '"cpe"', nonce: '"n1"' }],
  ["without a realm", 'Digest nonce="n1"', { realm: '""', nonce: '"n1"' }],
];
for (const [kind, header, echoed] of old) {
  test(`a challenge ${kind} is answered as RFC 2069 has it [QUIRKS-REQUEST-53]`, async () => {
    const { requests, outcome, login } = await called(server, [challenge(header), OK]);
    assert.deepEqual([requests.length, outcome.result, outcome.status], [2, "accepted", 200]);
    const [asked = "", answered = ""] = requests;
    assert.doesNotMatch(asked, /Authorization/);
    assertProven(answered, login);
    assert.deepEqual(echoedIn(answered), echoed);
    for (const name of ["qop", "nc", "cnonce"]) assert.equal(proofIn(answered).has(name), false, name);
  });
}

const auth = { realm: '"cpe"', nonce: '"n1"', qop: "auth" };
const sloppy: readonly Row[] = [
  ["with spaces for commas", 'Digest qop="auth" nonce="n1" opaque="" realm="cpe"', { ...auth, opaque: '""' }],
  ["with semicolons", 'Digest realm="cpe"; nonce="n1"; qop="auth"', auth],
  ["with nothing between its parts", 'Digest realm="cpe"nonce="n1"qop="auth"', auth],
  ["with commas too many", 'Digest ,realm="cpe",, nonce="n1",qop="auth",', auth],
  ["with tabs", 'Digest\trealm="cpe",\tnonce="n1",\tqop="auth"', auth],
  ["with spaces around its signs", 'Digest realm = "cpe" , nonce= "n1" , qop ="auth"', auth],
  ["without quotes", "Digest realm=cpe, nonce=n1, qop=auth", auth],
  [
    "without quotes, with spaces in a value",
    "Digest realm=Home Gateway, nonce=bjE=, qop=auth",
    { realm: '"Home Gateway"', nonce: '"bjE="', qop: "auth" },
  ],
  ["with neither quotes nor commas", "Digest realm=cpe nonce=n1 qop=auth", auth],
  ["with a list without quotes", "Digest realm=cpe, qop=auth,auth-int, nonce=n1", auth],
  ["with names in capitals", 'DIGEST REALM="cpe", NONCE="n1", QOP="AUTH"', auth],
  [
    "with quotes around all",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm="MD5", stale="false"',
    { ...auth, algorithm: "MD5" },
  ],
  ["with a quote that is never closed", 'Digest nonce="n1", qop="auth", realm="cpe', auth],
  [
    "with quotes in quotes",
    String.raw`Digest realm="the \"cpe\"", nonce="n1", qop="auth"`,
    { ...auth, realm: String.raw`"the \"cpe\""` },
  ],
  [
    "with a realm in UTF-8",
    `Digest realm="${latin1("Größe")}", nonce="n1", qop="auth"`,
    { ...auth, realm: `"${latin1("Größe")}"` },
  ],
  [
    "with a domain of others",
    'Digest realm="cpe", domain="/ http://192.0.2.1/", nonce="n1", qop="auth"',
    auth,
  ],
  [
    "with parts that nobody knows",
    'Digest realm="cpe", nonce="n1", qop="auth", charset=UTF-8, userhash=false, x',
    auth,
  ],
  [
    "of 3 kB",
    `Digest realm="cpe", nonce="n1", qop="auth", opaque="${"o".repeat(3_000)}"`,
    { ...auth, opaque: `"${"o".repeat(3_000)}"` },
  ],
];
const chosen: readonly Row[] = [
  [
    "by md5 in small letters",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm=md5',
    { ...auth, algorithm: "MD5" },
  ],
  [
    "by MD5-sess",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm=MD5-sess',
    { ...auth, algorithm: "MD5-sess" },
  ],
  [
    "by SHA-256",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm=SHA-256',
    { ...auth, algorithm: "SHA-256" },
  ],
  [
    "by SHA-256-sess",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm=sha-256-SESS',
    { ...auth, algorithm: "SHA-256-sess" },
  ],
  ["that offers auth and auth-int", 'Digest realm="cpe", nonce="n1", qop="auth-int, auth"', auth],
  [
    "that offers auth-int alone",
    'Digest realm="cpe", nonce="n1", qop="auth-int"',
    { ...auth, qop: "auth-int" },
  ],
  ["that offers what nobody knows, and auth", 'Digest realm="cpe", nonce="n1", qop="auth-conf,auth"', auth],
  [
    "behind one by an algorithm that nobody knows",
    'Digest realm="x", nonce="n0", qop="auth", algorithm=SHA-512-256, Digest realm="cpe", nonce="n1", qop="auth"',
    auth,
  ],
  ["behind Basic, in one header", 'Basic realm="cpe", Digest realm="cpe", nonce="n1", qop="auth"', auth],
  [
    "behind Basic, in a header of its own",
    'Basic realm="cpe"\r\nWWW-Authenticate: Digest realm="cpe", nonce="n1", qop="auth"',
    auth,
  ],
  [
    "in the order of the device, in two headers",
    'Digest realm="cpe", nonce="n1", qop="auth", algorithm=SHA-256\r\nWWW-Authenticate: Digest realm="cpe", nonce="n2", qop="auth", algorithm=MD5',
    { ...auth, algorithm: "SHA-256" },
  ],
];
for (const [kind, header, echoed] of [...sloppy, ...chosen]) {
  test(`a challenge ${kind} is answered [QUIRKS-REQUEST-54]`, async () => {
    const { requests, outcome, login, connections } = await called(server, [challenge(header), OK]);
    assert.deepEqual([requests.length, connections, outcome.result], [2, 1, "accepted"]);
    const [, answered = ""] = requests;
    assertProven(answered, login);
    assert.deepEqual(echoedIn(answered), echoed);
    assert.equal(proofIn(answered).get("nc"), "00000001");
    assert.match(proofIn(answered).get("cnonce") ?? "", /^"[0-9a-f]{16}"$/);
  });
}

const unanswerable: readonly (readonly [kind: string, header: string])[] = [
  ["by an algorithm that nobody knows", 'Digest realm="cpe", nonce="n1", algorithm=SHA-512-256'],
  ["without a nonce", 'Digest realm="cpe", qop="auth"'],
  ["that offers auth-conf alone", 'Digest realm="cpe", nonce="n1", qop="auth-conf"'],
  ["of another scheme", 'Negotiate, Bearer realm="cpe"'],
  ["that is empty", ""],
];
for (const [kind, header] of unanswerable) {
  test(`a challenge ${kind} is left unanswered, and the person told so [QUIRKS-REQUEST-54]`, async () => {
    const { requests, outcome, port } = await called(server, [challenge(header), OK]);
    assert.equal(requests.length, 1);
    assert.deepEqual(outcome, {
      result: "refused",
      status: 401,
      detail: `asked 127.0.0.1:${port}; it answered 401 without a challenge that can be answered`,
    });
  });
}

test("a challenge that is longer than a device's is read no further [QUIRKS-REQUEST-54]", async () => {
  const { requests, outcome } = await called(server, [
    challenge(`Digest realm="cpe", nonce="n1", opaque="${"o".repeat(5_000)}"`),
    OK,
  ]);
  assert.equal(requests.length, 1);
  assert.equal(outcome.result, "unreachable");
  assert.match(outcome.detail, /its answer is longer than a device's$/);
});

test("a device that calls our answer stale is answered once more, by its new nonce [QUIRKS-REQUEST-54]", async () => {
  const stale = challenge('Digest realm="cpe", nonce="n2", qop="auth", stale=TRUE');
  const { requests, outcome, login } = await called(server, [DIGEST, stale, OK]);
  assert.deepEqual([requests.length, outcome.result], [3, "accepted"]);
  const answers = requests.slice(1);
  for (const answer of answers) assertProven(answer, login);
  assert.deepEqual(
    answers.map((answer) => [proofIn(answer).get("nonce"), proofIn(answer).get("nc")]),
    [
      ['"n1"', "00000001"],
      ['"n2"', "00000001"],
    ],
  );
});

test("a device that calls every answer stale is not answered for ever [QUIRKS-REQUEST-54]", async () => {
  const stale = challenge('Digest realm="cpe", nonce="n2", qop="auth", stale=true');
  const { requests, outcome } = await called(server, [DIGEST, ...Array.from({ length: 20 }, () => stale)]);
  assert.deepEqual([requests.length, outcome.result, outcome.status], [3, "unauthorized", 401]);
});

test("a device that wants Basic alone is sent no password [QUIRKS-REQUEST-58]", async () => {
  const { requests, outcome, login, port } = await called(server, [challenge('Basic realm="cpe"'), OK]);
  assert.equal(requests.length, 1);
  assert.doesNotMatch(requests[0] ?? "", /Authorization/);
  assert.deepEqual(outcome, {
    result: "refused",
    status: 401,
    detail:
      `asked 127.0.0.1:${port}; it wants Basic authentication, which would give the password away on the way, ` +
      "so none was sent",
  });
  assert.equal(JSON.stringify(outcome).includes(login.password), false);
});

/** What an answer says of its challenge: the values in the answer's own order do not count. */
function echoedIn(answer: string): Readonly<Record<string, string>> {
  const ours = new Set(["username", "uri", "response", "nc", "cnonce"]);
  return Object.fromEntries([...proofIn(answer)].filter(([name]) => !ours.has(name)));
}

/** The text's UTF-8 bytes, one character to each. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

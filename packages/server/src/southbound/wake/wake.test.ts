import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parseAuthorization } from "@heliograph/protocol";
import { openWakeBench, wakeKey } from "../../../test/wake-bench.ts";
import { ScriptedDesk } from "../../../test/scripted-desk.ts";
import type { ScriptedReply } from "../../../test/scripted-cpe.ts";
import type { WakeOutcome } from "../../ports/index.ts";
import { redactSeen } from "../trace/redact-seen.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const CHALLENGE =
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="cpe", nonce="n1", qop="auth"\r\nContent-Length: 0\r\n\r\n';

test("a device that accepts without being asked who we are is accepted [CWMP-CONNREQ-1, CWMP-CONNREQ-4]", async () => {
  await using bench = await openWakeBench({ replies: [{ bytes: OK }] });
  const outcome = await bench.wake();
  assert.deepEqual(outcome, {
    at: bench.clock.now(),
    result: "accepted",
    status: 200,
    detail: `asked 127.0.0.1:${bench.cpe.port} without authentication; it answered 200`,
  });
  assert.equal(
    await bench.cpe.requests.take(),
    `GET /cr?x=1 HTTP/1.1\r\nHost: 127.0.0.1:${bench.cpe.port}\r\nUser-Agent: heliograph\r\nConnection: keep-alive\r\n\r\n`,
  );
});

test("a challenge is answered by Digest, on the same connection [CWMP-AUTH-4, CWMP-CONNREQ-3, CWMP-CONNREQ-4]", async () => {
  await using bench = await openWakeBench({
    replies: [{ bytes: CHALLENGE }, { bytes: "HTTP/1.1 204 No Content\r\n\r\n" }],
    credentials: ["confirmed"],
  });
  const outcome = await bench.wake();
  assert.equal(outcome.result, "accepted");
  assert.equal(outcome.status, 204);
  assert.equal(outcome.detail, `asked 127.0.0.1:${bench.cpe.port} by Digest; it answered 204`);
  await bench.cpe.requests.take();
  const said = authorizationOf(await bench.cpe.requests.take());
  assert.equal(said.username, "user-confirmed");
  assert.equal(said.uri, "/cr?x=1");
  const a1 = md5("user-confirmed:cpe:pass-confirmed");
  assert.equal(said.response, md5(`${a1}:n1:00000001:${said.cnonce ?? ""}:auth:${md5("GET:/cr?x=1")}`));
  assert.equal(bench.cpe.connections, 1);
});

const quirks: readonly (readonly [kind: string, challenge: ScriptedReply, connections: number])[] = [
  ["closes the connection behind its challenge", { bytes: CHALLENGE, close: true }, 2],
  [
    "closes the connection behind its challenge and says so",
    { bytes: CHALLENGE.replace("\r\nContent-Length: 0", "\r\nConnection: close"), close: true },
    2,
  ],
  ["challenges without qop and opaque", { bytes: CHALLENGE.replace(', qop="auth"', "") }, 1],
  [
    "challenges without commas and with an empty opaque",
    { bytes: CHALLENGE.replace(/Digest .*"auth"/, 'Digest qop="auth" nonce="n1" opaque="" realm="cpe"') },
    1,
  ],
  [
    "ends its lines by LF alone and folds its header",
    { bytes: CHALLENGE.replace(", nonce", ",\r\n nonce").replaceAll("\r\n", "\n") },
    1,
  ],
  [
    "says more than a line in its refusal",
    {
      bytes: CHALLENGE.replace(
        "Content-Length: 0\r\n\r\n",
        `Content-Length: 5000\r\n\r\n${"x".repeat(5000)}`,
      ),
    },
    2,
  ],
];
for (const [kind, challenge, connections] of quirks) {
  test(`a device that ${kind} is answered all the same`, async () => {
    await using bench = await openWakeBench({
      replies: [challenge, { bytes: OK }],
      credentials: ["confirmed"],
    });
    assert.equal((await bench.wake()).result, "accepted");
    assert.equal(bench.cpe.connections, connections);
    await bench.cpe.requests.take();
    const said = authorizationOf(await bench.cpe.requests.take());
    assert.equal(said.nonce, "n1");
    assert.equal(said.realm, "cpe");
    if (kind.includes("without qop"))
      assert.deepEqual([said.qop, said.nc, said.cnonce], [undefined, undefined, undefined]);
  });
}

test("a device that may hold new credentials or the old ones is asked with both", async () => {
  await using bench = await openWakeBench({
    replies: [{ bytes: CHALLENGE }, { bytes: CHALLENGE.replace("n1", "n2") }, { bytes: OK }],
    credentials: ["confirmed", "staged"],
  });
  assert.equal((await bench.wake()).result, "accepted");
  await bench.cpe.requests.take();
  assert.equal(authorizationOf(await bench.cpe.requests.take()).username, "user-confirmed");
  const second = authorizationOf(await bench.cpe.requests.take());
  assert.deepEqual([second.username, second.nonce], ["user-staged", "n2"]);
});

test("a nonce that is stale by the device's word is answered again", async () => {
  const stale = CHALLENGE.replace('nonce="n1"', 'nonce="n2", stale=true');
  await using bench = await openWakeBench({
    replies: [{ bytes: CHALLENGE }, { bytes: stale }, { bytes: OK }],
    credentials: ["confirmed"],
  });
  assert.equal((await bench.wake()).result, "accepted");
});

test("a realm that is not ASCII is hashed by the bytes in which the device wrote it", async () => {
  await using bench = await openWakeBench({
    replies: [{ bytes: CHALLENGE.replace('"cpe"', '"Gr\u00c3\u00b6\u00c3\u009fe"') }, { bytes: OK }],
    credentials: ["confirmed"],
  });
  assert.equal((await bench.wake()).result, "accepted");
  await bench.cpe.requests.take();
  const said = authorizationOf(await bench.cpe.requests.take());
  assert.equal(Buffer.from(said.realm, "latin1").toString("utf8"), "Größe");
  const a1 = md5("user-confirmed:Größe:pass-confirmed");
  assert.equal(said.response, md5(`${a1}:n1:00000001:${said.cnonce ?? ""}:auth:${md5("GET:/cr?x=1")}`));
});

const endings: readonly (readonly [
  kind: string,
  replies: readonly string[],
  outcome: Omit<WakeOutcome, "at">,
])[] = [
  [
    "refuses the credentials",
    [CHALLENGE, CHALLENGE],
    { result: "unauthorized", status: 401, detail: "by Digest; it refused the credentials with 401" },
  ],
  [
    "is busy",
    ["HTTP/1.1 503 Service Unavailable\r\n\r\n"],
    {
      result: "busy",
      status: 503,
      detail: "without authentication; it answered 503: it is busy, or its proxy cannot reach it",
    },
  ],
  [
    "redirects",
    ["HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"],
    {
      result: "refused",
      status: 302,
      detail: "without authentication; it answered 302, which is not followed",
    },
  ],
  [
    "does not know the path",
    ["HTTP/1.1 404 Not Found\r\n\r\nsecret body"],
    { result: "refused", status: 404, detail: "without authentication; it answered 404" },
  ],
  [
    "wants Basic",
    ['HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="cpe"\r\nContent-Length: 0\r\n\r\n', OK],
    {
      result: "refused",
      status: 401,
      detail:
        "it wants Basic authentication, which would give the password away on the way, so none was sent",
    },
  ],
  [
    "challenges with nothing",
    ["HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", OK],
    { result: "refused", status: 401, detail: "it answered 401 without a challenge that can be answered" },
  ],
  [
    "speaks no HTTP",
    ["SSH-2.0-dropbear\r\n"],
    { result: "unreachable", detail: "without authentication; its answer is not HTTP" },
  ],
  [
    "changes the protocol",
    ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: cwmp\r\nConnection: Upgrade\r\n\r\n"],
    { result: "unreachable", detail: "without authentication; its answer is not HTTP" },
  ],
  [
    "sends an endless header",
    [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(10_000)}`],
    { result: "unreachable", detail: "without authentication; its answer is longer than a device's" },
  ],
];
for (const [kind, replies, expected] of endings) {
  test(`a device that ${kind} is ${expected.result} [CWMP-CONNREQ-3, CWMP-CONNREQ-10]`, async () => {
    await using bench = await openWakeBench({
      replies: replies.map((bytes) => ({ bytes })),
      credentials: ["confirmed"],
    });
    const { at: _, detail, ...rest } = await bench.wake();
    const { detail: expectedDetail, ...expectedRest } = expected;
    assert.deepEqual(rest, expectedRest);
    assert.ok(
      detail.startsWith(`asked 127.0.0.1:${bench.cpe.port}`) && detail.endsWith(expectedDetail),
      detail,
    );
    assert.doesNotMatch(detail, /secret|pass-|user-/);
  });
}

test("a device that challenges before it has credentials cannot be called yet", async () => {
  await using bench = await openWakeBench({ replies: [{ bytes: CHALLENGE }] });
  const outcome = await bench.wake();
  assert.equal(outcome.result, "impossible");
  assert.match(outcome.detail, /there are no credentials yet$/);
});

test("a device that is silent is given up after five seconds", async () => {
  await using bench = await openWakeBench({ replies: [] });
  const waking = bench.wake();
  await bench.cpe.requests.take();
  await bench.clock.advance(5_000);
  const outcome = await waking;
  assert.equal(outcome.result, "unreachable");
  assert.match(outcome.detail, /it gave no answer in time$/);
});

test("a port where nothing listens is unreachable", async () => {
  await using bench = await openWakeBench({ replies: [] });
  await bench.cpe[Symbol.asyncDispose]();
  const outcome = await bench.wake();
  assert.equal(outcome.result, "unreachable");
  assert.match(outcome.detail, /nothing listens there$/);
});

test("nothing is sent to where the device did not inform from", async () => {
  await using bench = await openWakeBench({ replies: [{ bytes: OK }], address: "192.0.2.7" });
  const outcome = await bench.wake();
  assert.equal(outcome.result, "forbidden");
  assert.equal(
    outcome.detail,
    "not asked: its ConnectionRequestURL leads to 127.0.0.1, but its last Inform came from 192.0.2.7, and connection-request-networks does not name that host's address",
  );
  assert.equal(bench.cpe.connections, 0);
});

test("a name is resolved once and connected to by its address", async () => {
  const asked: string[] = [];
  const resolve = (name: string): Promise<readonly string[]> => {
    asked.push(name);
    return Promise.resolve(["192.0.2.1", "127.0.0.1"]);
  };
  await using bench = await openWakeBench({
    replies: [{ bytes: OK }],
    host: "cpe.invalid",
    settings: { resolve },
  });
  const outcome = await bench.wake();
  assert.equal(outcome.result, "accepted");
  assert.match(outcome.detail, /^asked 127\.0\.0\.1:\d+ \(cpe\.invalid\) /);
  assert.deepEqual(asked, ["cpe.invalid"]);
  assert.match(await bench.cpe.requests.take(), /\r\nHost: cpe\.invalid:\d+\r\n/);
});

test("a name that leads nowhere, or whose resolver is silent, is unreachable", async () => {
  const silent = (): Promise<never> => new Promise(() => undefined);
  const failing = (): Promise<never> => Promise.reject(new Error("no such name"));
  for (const resolve of [failing, silent]) {
    await using bench = await openWakeBench({ replies: [], host: "cpe.invalid", settings: { resolve } });
    const waking = bench.wake();
    await bench.settle();
    await bench.clock.advance(5_000);
    assert.equal((await waking).detail, "not asked: the name cpe.invalid leads to no address");
  }
});

test("whoever asks while a request is on its way gets its outcome: the device is asked once", async () => {
  await using bench = await openWakeBench({ replies: [{ bytes: OK }] });
  const outcomes = await Promise.all([bench.wake(), bench.wake(), bench.wake()]);
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ["accepted", "accepted", "accepted"],
  );
  assert.equal(bench.cpe.connections, 1);
});

test("a target gets at most ten requests a second", async () => {
  await using bench = await openWakeBench({ replies: Array.from({ length: 20 }, () => ({ bytes: OK })) });
  for (let count = 0; count < 10; count += 1) assert.equal((await bench.wake()).result, "accepted");
  const refused = await bench.wake();
  assert.equal(refused.result, "busy");
  assert.match(refused.detail, /^not asked: /);
  await bench.clock.advance(1_000);
  assert.equal((await bench.wake()).result, "accepted");
});

test("a device without a usable URL, and one that nobody knows, cannot be called", async () => {
  await using bench = await openWakeBench({ replies: [], url: "192.168.1.1" });
  assert.deepEqual(await bench.wake(), {
    at: bench.clock.now(),
    result: "impossible",
    detail: "not asked: its ConnectionRequestURL is not a URL",
  });
  const stranger = wakeKey("S9");
  assert.equal((await bench.wake(stranger)).detail, "not asked: the device is not known");
});

for (const [name, value] of [
  ["SupportedConnReqMethods", "HTTP,XMPP"],
  ["ConnReqJabberID", "cpe@jabber.example"],
] as const) {
  test(`a device without a URL whose ${name} speaks of XMPP is not called, and that is why [CWMP-XMPP-5]`, async () => {
    await using bench = await openWakeBench({ replies: [], url: "", parameters: { [name]: value } });
    const { result, detail } = await bench.wake();
    assert.equal(result, "impossible");
    assert.match(
      detail,
      /no ConnectionRequestURL; it takes connection requests by XMPP, which this ACS does not/,
    );
  });
}

test("a network that is none is refused at start", async () => {
  await assert.rejects(
    openWakeBench({ replies: [], settings: { connectionRequestNetworks: ["10.0.0.0/99"] } }),
    /connection-request-networks: "10\.0\.0\.0\/99" is not a network/,
  );
});

function authorizationOf(
  request: string,
): Extract<ReturnType<typeof parseAuthorization>, { scheme: "digest" }> {
  const said = parseAuthorization(/\r\nAuthorization: (.*)\r\n/.exec(request)?.[1] ?? "");
  assert.ok(said?.scheme === "digest");
  return said;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

test("the trace of a device has how it was called, what it answered, and what came of it", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openWakeBench({
    replies: [{ bytes: CHALLENGE }, { bytes: OK }],
    credentials: ["confirmed"],
    traces,
  });
  await bench.wake();
  const [, , second] = traces.seen;
  assert.ok(second !== undefined);
  const { head = "" } = redactSeen(second, { maxHeadChars: 8_192, maxBodyChars: 1 });
  assert.match(head, /^GET \/cr\?x=\(redacted\) [^]*username="user-confirmed"[^]*response=\(redacted\)/);
  assert.deepEqual(traces.take(), [
    "sent GET /cr?x=1 HTTP/1.1",
    "received HTTP/1.1 401 Unauthorized",
    "sent GET /cr?x=1 HTTP/1.1",
    "received HTTP/1.1 200 OK",
    `noted the connection request is accepted: asked 127.0.0.1:${bench.cpe.port} by Digest; it answered 200`,
  ]);
});

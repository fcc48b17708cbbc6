import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { openScriptedCpe } from "../scripted-cpe.ts";
import type { ScriptedReply } from "../scripted-cpe.ts";
import { BareDevice, proofOf, readCall } from "./bare-device.ts";
import { called, challenge, DIGEST, OK, READ } from "./connection-requests-called.ts";
import { assertProven, proofIn } from "./connection-requests-proof.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const SAYS = 'WWW-Authenticate: Digest realm="cpe", nonce="n1", qop="auth"';
const FOLDED = 'WWW-Authenticate: Digest realm="cpe",\r\n nonce="n1",\r\n\tqop="auth"';
const EMPTY = "Content-Length: 0";
const HTML = "<html><body>401 Unauthorized</body></html>";
const CHUNKS = `${HTML.length.toString(16)}\r\n${HTML}\r\n0\r\n\r\n`;

/** How a device writes its challenge, and over how many connections it is then asked. */
const lines: readonly (readonly [kind: string, challenge: ScriptedReply, connections: number])[] = [
  ["whose lines end by LF alone", kept(["HTTP/1.1 401 No", SAYS, EMPTY], "\n"), 1],
  ["that folds its header", kept(["HTTP/1.1 401 No", FOLDED, EMPTY]), 1],
  [
    "whose lines end by LF alone and are folded",
    closing(["HTTP/1.1 401 No", FOLDED.replaceAll("\r\n", "\n")], "\n"),
    2,
  ],
  ["that folds within a value", kept(["HTTP/1.1 401 No", SAYS.replace('"cpe"', '"c\r\n  pe"'), EMPTY]), 1],
  ["without a reason", kept(["HTTP/1.1 401", SAYS, EMPTY]), 1],
  ["behind an empty line", kept(["", "HTTP/1.1 401 Unauthorized", SAYS, EMPTY]), 1],
  ["behind an interim answer", kept(["HTTP/1.1 100 Continue", "", "HTTP/1.1 401 No", SAYS, EMPTY]), 1],
];
for (const [kind, reply, connections] of lines) {
  test(`a challenge ${kind} is read and answered [QUIRKS-REQUEST-55]`, () => isAnswered(reply, connections));
}

const closed: readonly (readonly [kind: string, challenge: ScriptedReply])[] = [
  ["by HTTP/1.0", closing(["HTTP/1.0 401 Unauthorized", SAYS])],
  ["that says it closes, and does", closing(["HTTP/1.1 401 No", SAYS, "Connection: close", EMPTY])],
  ["that closes without a word", closing(["HTTP/1.1 401 No", SAYS, "Server: TR069Agent", EMPTY])],
  ["that closes in place of saying a length", closing(["HTTP/1.1 401 No", SAYS])],
  ["that closes before all it announced", closing(["HTTP/1.1 401 No", SAYS, "Content-Length: 500"])],
  ["that says no length, and does not close", kept(["HTTP/1.1 401 No", SAYS])],
  ["that says it closes, and does not", kept(["HTTP/1.1 401 No", SAYS, "Connection: close", EMPTY])],
];
for (const [kind, reply] of closed) {
  test(`a challenge ${kind} is answered over a new connection [QUIRKS-REQUEST-56]`, () =>
    isAnswered(reply, 2));
}

const open: readonly (readonly [kind: string, challenge: ScriptedReply])[] = [
  ["without a body", kept(["HTTP/1.1 401 No", SAYS, EMPTY])],
  ["by HTTP/1.0 that says so", kept(["HTTP/1.0 401 No", SAYS, "Connection: keep-alive", EMPTY])],
  ["with a page", kept(["HTTP/1.1 401 No", SAYS, `Content-Length: ${HTML.length}`], "\r\n", HTML)],
  ["with a page in chunks", kept(["HTTP/1.1 401 No", SAYS, "Transfer-Encoding: chunked"], "\r\n", CHUNKS)],
];
for (const [kind, reply] of open) {
  test(`a challenge ${kind} behind which the connection stays open is answered over it [QUIRKS-REQUEST-57]`, () =>
    isAnswered(reply, 1));
}

test("where a device closes the kept connection upon the answer, it is answered to the letter over a new one [QUIRKS-REQUEST-56]", async () => {
  const asked = await called(server, [DIGEST, { bytes: "", close: true }, OK]);
  assert.deepEqual([asked.requests.length, asked.connections, asked.outcome.result], [3, 2, "accepted"]);
  assert.equal(asked.requests[2], asked.requests[1]);
});

const endings: readonly (readonly [kind: string, reply: ScriptedReply, status: number, result: string])[] = [
  ["200 with an empty body", OK, 200, "accepted"],
  ["200 without a length, and keeps the connection", kept(["HTTP/1.1 200 OK"]), 200, "accepted"],
  ["200 without a length, and closes", closing(["HTTP/1.1 200 OK"]), 200, "accepted"],
  [
    "200 and less than it announced",
    closing(["HTTP/1.1 200 OK", "Content-Length: 500"], "\r\n", "x"),
    200,
    "accepted",
  ],
  ["200 with a page", kept(["HTTP/1.1 200 OK", "Content-Length: 42"], "\r\n", HTML), 200, "accepted"],
  [
    "200 with a page that does not end",
    kept(["HTTP/1.1 200 OK"], "\r\n", HTML.repeat(1_000)),
    200,
    "accepted",
  ],
  ["200 without a reason", kept(["HTTP/1.1 200"]), 200, "accepted"],
  ["200 by HTTP/1.0", closing(["HTTP/1.0 200 OK"]), 200, "accepted"],
  ["200 in lines that end by LF alone", kept(["HTTP/1.1 200 OK", "Server: tiny"], "\n"), 200, "accepted"],
  ["204", kept(["HTTP/1.1 204 No Content"]), 204, "accepted"],
  ["204 with a body", kept(["HTTP/1.1 204 No Content", "Content-Length: 2"], "\r\n", "OK"), 204, "accepted"],
  ["503", kept(["HTTP/1.1 503 Service Unavailable", "Retry-After: 5"]), 503, "busy"],
  ["404", kept(["HTTP/1.1 404 Not Found", "Content-Length: 42"], "\r\n", HTML), 404, "refused"],
  ["500", closing(["HTTP/1.1 500 Oops"]), 500, "refused"],
];
for (const [kind, reply, status, result] of endings) {
  test(`a device that answers ${kind} is ${result} [QUIRKS-REQUEST-59]`, async () => {
    for (const replies of [[reply], [DIGEST, reply]]) {
      const { requests, outcome, device } = await called(server, replies);
      assert.equal(requests.length, replies.length);
      assert.deepEqual([outcome.result, outcome.status], [result, status]);
      assert.doesNotMatch(outcome.detail, /html/, "nothing of the body is shown");
      const { data } = await server.event(device.key, "connection-request-sent");
      assert.deepEqual(data, { result, detail: outcome.detail });
    }
  });
}

test("a device that answers 503 says that it is busy, and is left in peace for a while [QUIRKS-REQUEST-59]", async () => {
  const { device, operation, outcome } = await called(server, [DIGEST, kept(["HTTP/1.1 503 Busy"])]);
  assert.match(outcome.detail, /; it answered 503: it is busy, or its proxy cannot reach it$/);
  const { connectionRequest, reachability } = await server.client.devices.get(device.key);
  assert.equal(connectionRequest.attempts, 1);
  const pause = Date.parse(connectionRequest.next ?? "") - Date.parse(connectionRequest.last?.at ?? "");
  assert.ok(pause >= 29_000, `${pause}`);
  assert.equal(reachability, "wakeable");
  assert.deepEqual(await device.kept(operation), { state: "queued", attempts: 0 });
});

test("each connection request begins without proof, whatever nonce the device gave for the next [QUIRKS-REQUEST-57]", async () => {
  const next = kept(["HTTP/1.1 200 OK", 'Authentication-Info: nextnonce="n7"', "Content-Length: 0"]);
  await using cpe = await openScriptedCpe([
    DIGEST,
    next,
    challenge('Digest realm="cpe", nonce="n8", qop="auth"'),
    next,
  ]);
  await using device = await BareDevice.equipped(server, {
    "Device.ManagementServer.ConnectionRequestURL": `http://127.0.0.1:${cpe.port}/`,
  });
  const { login } = device.own;
  for (const nonce of ['"n1"', '"n8"']) {
    const operation = await device.wanted(READ);
    assert.doesNotMatch(await cpe.requests.take(), /Authorization/);
    const proof = proofIn(await cpe.requests.take());
    assert.deepEqual([proof.get("nonce"), proof.get("nc")], [nonce, "00000001"]);
    const inform = device.inform({ events: ["6 CONNECTION REQUEST"] });
    assert.equal((await device.post(inform, proofOf(await device.post(inform, {}), login))).status, 200);
    const { id } = readCall(await device.post(""));
    assert.equal((await device.post(valuesText(id))).status, 204);
    assert.equal((await device.kept(operation)).state, "done");
  }
});

/** Fails unless the challenge is followed by the same request with its proof, over so many connections together. */
async function isAnswered(reply: ScriptedReply, connections: number): Promise<void> {
  const asked = await called(server, [reply, OK]);
  assert.deepEqual(
    [asked.requests.length, asked.connections, asked.outcome.result],
    [2, connections, "accepted"],
  );
  const [first = "", second = ""] = asked.requests;
  assert.equal(
    first,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${asked.port}\r\nUser-Agent: heliograph\r\nConnection: keep-alive\r\n\r\n`,
  );
  assertProven(second, asked.login);
  assert.equal(second.replace(/Authorization: .*\r\n/, ""), first);
}

function kept(lines: readonly string[], end = "\r\n", body = ""): ScriptedReply {
  return { bytes: `${lines.join(end)}${end}${end}${body}` };
}

function closing(lines: readonly string[], end = "\r\n", body = ""): ScriptedReply {
  return { ...kept(lines, end, body), close: true };
}

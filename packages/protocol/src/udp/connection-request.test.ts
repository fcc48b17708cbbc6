import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isGenuine, readUdpConnectionRequest, writeUdpConnectionRequest } from "./connection-request.ts";

const request = {
  authority: "10.1.1.1:8080",
  timestamp: 1120673700,
  id: 1234,
  username: "CPE57689",
  cnonce: "XTGRWIPC6D3IPXS3",
};
const signing = {
  password: "secret",
  hmac: (key: string, data: Uint8Array) => createHmac("sha1", key).update(data).digest("hex"),
};
const SIGNATURE = createHmac("sha1", "secret").update("11206737001234CPE57689XTGRWIPC6D3IPXS3").digest("hex");

test("a request is one GET with its time, id, user, nonce and signature [CWMP-UDP-1, CWMP-UDP-2, CWMP-UDP-3]", () => {
  assert.equal(
    writeUdpConnectionRequest(request, signing),
    `GET http://10.1.1.1:8080?ts=1120673700&id=1234&un=CPE57689&cn=XTGRWIPC6D3IPXS3&sig=${SIGNATURE} HTTP/1.1\r\n` +
      "Host: 10.1.1.1:8080\r\n\r\n",
  );
});

test("a user's name that a URL cannot hold is escaped there, and signed as it is [CWMP-UDP-2]", () => {
  const odd = { ...request, username: "a&b=ü c" };
  const read = readUdpConnectionRequest(writeUdpConnectionRequest(odd, signing));
  assert.ok(read.ok);
  assert.equal(read.value.username, "a&b=ü c");
  assert.ok(isGenuine(read.value, signing));
});

test("a signature holds in capitals, too, and not once anything it covers has changed [CWMP-UDP-2]", () => {
  const signed = { ...request, signature: SIGNATURE.toUpperCase() };
  assert.ok(isGenuine(signed, signing));
  for (const changed of [
    { timestamp: 1 },
    { id: 1 },
    { username: "x" },
    { cnonce: "x" },
    { signature: "" },
  ]) {
    assert.ok(!isGenuine({ ...signed, ...changed }, signing), JSON.stringify(changed));
  }
  assert.ok(!isGenuine(signed, { ...signing, password: "other" }));
});

test("what is no request is refused with a reason", () => {
  for (const [text, at] of [
    ["", "0"],
    ["GET /cr HTTP/1.1\r\n\r\n", "0"],
    ["GET http://h?ts=1 HTTP/1.1\r\n\r\n", "ts, id"],
    ["GET http://h?ts=-1&id=1&un=u&cn=c&sig=s HTTP/1.1\r\n\r\n", "ts, id"],
    ["GET http://h?ts=1&id=1&un=u&cn=c HTTP/1.1\r\n\r\n", "un, cn, sig"],
    [`GET http://h?ts=1&id=1&un=${"u".repeat(2048)}&cn=c&sig=s HTTP/1.1\r\n\r\n`, "0"],
  ] as const) {
    const read = readUdpConnectionRequest(text);
    assert.equal(read.ok ? "read" : read.problem.at, at);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readHandshake } from "./handshake.ts";

test("the subprotocols stand in the device's order, the hidden token not among them [LIGHT-OPEN-1, LIGHT-OPEN-3]", () => {
  const handshake = readHandshake({ "sec-websocket-protocol": "v12.stomp, cwmp.json,bearer.abc.def" });
  assert.deepEqual(handshake, {
    subprotocols: ["v12.stomp", "cwmp.json"],
    token: "abc.def",
    isBlind: true,
  });
});

test("the token is the Bearer of the Authorization header, whatever its case [LIGHT-OPEN-3]", () => {
  for (const authorization of ["Bearer abc.def", "bearer  abc.def ", "BEARER abc.def"]) {
    const handshake = readHandshake({ authorization, "sec-websocket-protocol": "cwmp.json" });
    assert.deepEqual(handshake, { subprotocols: ["cwmp.json"], token: "abc.def", isBlind: false });
  }
});

test("the header counts before the hidden token, but who hides one stays blind to HTTP", () => {
  const both = readHandshake({
    authorization: "Bearer abc",
    "sec-websocket-protocol": "cwmp.json, bearer.x",
  });
  assert.deepEqual(both, { subprotocols: ["cwmp.json"], token: "abc", isBlind: true });
});

test("what is no Bearer, or longer than any token, is none", () => {
  for (const authorization of ["", "Basic abc", "Bearer", "Bearer a b", `Bearer ${"x".repeat(4097)}`]) {
    assert.equal(readHandshake({ authorization }).token, undefined, authorization);
  }
  assert.deepEqual(readHandshake({}).subprotocols, []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { chosen, SUBPROTOCOLS } from "../subprotocols.ts";
import { readHandshake } from "./handshake.ts";

const seeds = [
  "cwmp.json, v12.stomp, bearer.abc.def-_~",
  "Bearer abc.def",
  "bearer.a,,bearer.b ,cwmp.json",
  "BEARER  abc  ",
];
const tokens = [",", " ", "bearer.", "Bearer ", "cwmp.json", "v12.stomp", "\t", "=", ".", "a"];

const MOST_TOKEN_CHARS = 4_096;

/** The same text as both of the headers: subprotocols without a token among them, and a token of bounded length. */
function judge(text: string): void {
  const { subprotocols, token, isBlind } = readHandshake({
    authorization: text,
    "sec-websocket-protocol": text,
  });
  for (const name of subprotocols)
    assert.ok(name !== "" && !name.includes(",") && !name.startsWith("bearer."));
  assert.deepEqual(
    readHandshake({ "sec-websocket-protocol": subprotocols.join(",") }).subprotocols,
    subprotocols,
  );
  assert.equal(
    isBlind,
    text.split(",").some((entry) => entry.trim().startsWith("bearer.")),
  );
  assert.ok(token === undefined || token.length <= MOST_TOKEN_CHARS);
  const spoken = chosen(subprotocols, SUBPROTOCOLS);
  assert.ok(spoken === undefined || subprotocols.includes(spoken));
}

test("any header of an upgrade offers subprotocols and perhaps a token", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 3_000 }));

test("the time for any header grows no faster than the header", () => {
  growsLinearly({
    tokens,
    frames: [
      ["", ""],
      ["Bearer ", " x"],
    ],
    read: judge,
  });
});

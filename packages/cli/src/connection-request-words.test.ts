import type { ConnectionRequestStatus } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionRequestSentence } from "./connection-request-words.ts";
import { NOW } from "./recorded-terminal.fixture.ts";
import { ago, exampleDevice } from "./scripted-northbound.fixture.ts";
import { clockTime } from "./time-words.ts";

function sentence(connectionRequest: ConnectionRequestStatus): string {
  return connectionRequestSentence(exampleDevice("SN1", { connectionRequest }), NOW);
}

test("a device that was never asked to connect needs no more words", () => {
  assert.equal(sentence({ attempts: 0 }), "none was needed yet");
});

test("a first request that is due is announced", () => {
  const next = ago(-18);
  assert.equal(sentence({ attempts: 0, next }), `the first is due in 18 s, at ${clockTime(next)}`);
});

test("what came of the last request is told with when the next one follows", () => {
  const next = ago(-18);
  const last = {
    at: ago(12),
    result: "unreachable",
    detail: "connect ECONNREFUSED 192.0.2.7:30005",
  } as const;
  assert.equal(
    sentence({ attempts: 2, last, next }),
    "the last of 2, 12 s ago, was not answered (connect ECONNREFUSED 192.0.2.7:30005); " +
      `the next try is in 18 s, at ${clockTime(next)}`,
  );
});

test("without a next request nothing is promised", () => {
  const last = { at: ago(60), result: "impossible", detail: "it gave no address" } as const;
  assert.equal(
    sentence({ attempts: 1, last }),
    "the last one, 1 min ago, could not be sent (it gave no address)",
  );
});

test("a connected device needs no request", () => {
  const device = exampleDevice("SN1", { reachability: "connected" });
  assert.equal(connectionRequestSentence(device, NOW), "none needed, it is connected");
});

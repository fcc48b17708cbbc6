import assert from "node:assert/strict";
import { test } from "node:test";
import { agreeOnVersion, readVersions, stompSubprotocols, stompVersions } from "./version.ts";

function agreed(header: string | undefined, ...spoken: Parameters<typeof agreeOnVersion>[1]): string {
  const version = agreeOnVersion(readVersions(header), spoken);
  return version.ok ? version.value : version.problem.reason;
}

test("accept-version lists versions, and without it there is 1.0 alone [STOMP-VERSION-1]", () => {
  assert.deepEqual(readVersions("1.0,1.1,2.0"), ["1.0", "1.1", "2.0"]);
  assert.deepEqual(readVersions("1.2"), ["1.2"]);
  assert.deepEqual(readVersions("1.1, 1.2"), ["1.1", "1.2"]);
  assert.deepEqual(readVersions(undefined), ["1.0"]);
});

test("the highest version in common counts, in whatever order they are listed [STOMP-VERSION-2]", () => {
  assert.equal(agreed("1.0,1.1,2.0", ...stompVersions), "1.1");
  assert.equal(agreed("1.2,1.1,1.0", ...stompVersions), "1.2");
  assert.equal(agreed("1.0,1.1,1.2", "1.1", "1.0"), "1.1");
  assert.equal(agreed(undefined, ...stompVersions), "1.0");
});

test("no version in common is a problem [STOMP-VERSION-3]", () => {
  for (const header of [undefined, "", "1.0,1.1", "2.0", "1.20", "12", "v1.2"]) {
    assert.equal(agreed(header, "1.2"), "no-common-version");
  }
});

test("each version has its subprotocol", () => {
  assert.deepEqual(
    stompVersions.map((version) => stompSubprotocols[version]),
    ["v10.stomp", "v11.stomp", "v12.stomp"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "./subprotocols.ts";

test("the first that both speak is taken [LIGHT-OPEN-1]", () => {
  const spoken = ["cwmp.json", "cwmp.soap"];
  assert.equal(chosen(["v12.stomp", "cwmp.soap", "cwmp.json"], spoken), "cwmp.soap");
  assert.equal(chosen(["v12.stomp"], spoken), undefined);
  assert.equal(chosen([], spoken), undefined);
});

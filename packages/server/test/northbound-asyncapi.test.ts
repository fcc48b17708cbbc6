import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { runNorthbound } from "./running-northbound.ts";

const PUBLISHED = new URL("../../../spec/asyncapi.json", import.meta.url);

test("the document of the bus is served to anybody, as it is published", async () => {
  await using running = await runNorthbound();
  const response = await fetch(`${running.url}/api/v1/asyncapi.json`);
  assert.equal(response.status, 200);
  const served: unknown = await response.json();
  const published: unknown = JSON.parse(await readFile(PUBLISHED, "utf8"));
  assert.deepEqual(served, published);
  assert.ok(JSON.stringify(served).startsWith('{"asyncapi":"3.0.0"'));
});
